// SPDX-License-Identifier: GPL-2.0-only
/* A descriptor of /dev/net/tun that is attached to nothing, the only queue of a tap device, and two queues of a tun device,
 * one of them detached. Packets pass afterwards.
 *
 * network: own
 * kinds: tun
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int open_device(void)
{
	int fd = open("/dev/net/tun", O_RDWR);

	if (fd < 0)
		skip("/dev/net/tun: %s", strerror(errno));
	return fd;
}

static int attach(const char *name, int flags)
{
	struct ifreq queue = { .ifr_flags = (short)flags };
	int fd = open_device();

	strcpy(queue.ifr_name, name);
	must(ioctl(fd, TUNSETIFF, &queue));
	must(ioctl(fd, TUNSETPERSIST, 1));
	return fd;
}

static int flags_of(int fd, const char *name)
{
	struct ifreq queue = { 0 };

	must(ioctl(fd, TUNGETIFF, &queue));
	check(strcmp(queue.ifr_name, name) == 0, "it is of %s, not of %s", queue.ifr_name, name);
	return (unsigned short)queue.ifr_flags;
}

int main(int argc, char **argv)
{
	struct ifreq detach = { .ifr_flags = IFF_DETACH_QUEUE }, up = { .ifr_name = "ztap" };
	int nothing, tap, first, second, size = 12, flags[3];
	char packet[64] = { 0 };

	test_init(argc, argv);
	nothing = open_device();
	tap = attach("ztap", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
	must(ioctl(tap, TUNSETVNETHDRSZ, &size));
	must(fcntl(tap, F_SETFL, O_NONBLOCK));
	first = attach("ztun", IFF_TUN | IFF_MULTI_QUEUE);
	second = attach("ztun", IFF_TUN | IFF_MULTI_QUEUE);
	must(ioctl(second, TUNSETQUEUE, &detach));
	flags[0] = flags_of(tap, "ztap");
	flags[1] = flags_of(first, "ztun");
	flags[2] = flags_of(second, "ztun");
	test_ready();
	test_wait();
	check(flags_of(tap, "ztap") == flags[0], "flags of the tap device");
	check(flags_of(first, "ztun") == flags[1], "flags of the first queue");
	check(flags_of(second, "ztun") == flags[2], "flags of the second queue");
	check(flags[2] & IFF_DETACH_QUEUE, "it was not detached");
	check(ioctl(nothing, TUNGETIFF, &detach) < 0 && errno == EBADFD, "it is attached");
	size = 0;
	must(ioctl(tap, TUNGETVNETHDRSZ, &size));
	check(size == 12, "the header has %d bytes", size);
	up.ifr_flags = IFF_UP;
	must(ioctl(must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), SIOCSIFFLAGS, &up));
	memset(packet + 12, 0xff, 6);
	check(must(write(tap, packet, sizeof(packet))) == sizeof(packet), "it takes no packet");
	must(ioctl(tap, TUNSETPERSIST, 0));
	must(ioctl(first, TUNSETPERSIST, 0));
	pass();
}
