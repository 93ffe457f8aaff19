// SPDX-License-Identifier: GPL-2.0-only
/* A network device that would go with the dump, and one with a filter, are refused by name.
 *
 * refuses: zgoes; would go with the dump; a filter is attached
 * network: own
 * kinds: tun
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int attach(const char *name)
{
	struct ifreq queue = { .ifr_flags = IFF_TAP };
	int fd = open("/dev/net/tun", O_RDWR);

	if (fd < 0)
		skip("/dev/net/tun: %s", strerror(errno));
	strcpy(queue.ifr_name, name);
	must(ioctl(fd, TUNSETIFF, &queue));
	return fd;
}

int main(int argc, char **argv)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff);
	struct sock_fprog filter = { 1, &all };
	int filtered;

	test_init(argc, argv);
	attach("zgoes");
	filtered = attach("zfiltered");
	must(ioctl(filtered, TUNSETPERSIST, 1));
	must(ioctl(filtered, TUNATTACHFILTER, &filter));
	test_ready();
	test_wait();
	check(if_nametoindex("zgoes"), "the device has gone");
	must(ioctl(filtered, TUNSETPERSIST, 0));
	pass();
}
