// SPDX-License-Identifier: GPL-2.0-only
/* Multicast by device: the same groups on two devices, joined by the address of a device and by its number, left again in
 * between; a raw socket as well, and the devices that multicast and the rest are sent by (IP_UNICAST_IF, IPV6_UNICAST_IF).
 *
 * network: own
 * kinds: udp raw_socket
 */
#include "test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* They outlive their descriptor, and go with the network namespace. */
static void make_device(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR), inet = must(socket(AF_INET, SOCK_DGRAM, 0));

	if (fd < 0)
		skip("this machine has no /dev/net/tun");
	strcpy(request.ifr_name, name);
	must(ioctl(fd, TUNSETIFF, &request));
	must(ioctl(fd, TUNSETPERSIST, 1));
	close(fd);
	request.ifr_flags = IFF_UP | IFF_RUNNING | IFF_MULTICAST | IFF_BROADCAST;
	must(ioctl(inet, SIOCSIFFLAGS, &request));
	close(inet);
}

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_MULTICAST };
	int inet = must(socket(AF_INET, SOCK_DGRAM, 0));

	must(ioctl(inet, SIOCSIFFLAGS, &request));
	close(inet);
}

static int index_of(const char *name)
{
	return (int)if_nametoindex(name);
}

static void set(int fd, int level, int option, const void *value, socklen_t size)
{
	must(setsockopt(fd, level, option, value, size));
}

static void change(int fd, bool join, const char *group, const char *device)
{
	struct ip_mreqn request = { .imr_ifindex = index_of(device) };

	must(inet_pton(AF_INET, group, &request.imr_multiaddr));
	set(fd, IPPROTO_IP, join ? IP_ADD_MEMBERSHIP : IP_DROP_MEMBERSHIP, &request, sizeof(request));
}

static void change6(int fd, bool join, const char *group, const char *device)
{
	struct ipv6_mreq request = { .ipv6mr_interface = (unsigned int)index_of(device) };

	must(inet_pton(AF_INET6, group, &request.ipv6mr_multiaddr));
	set(fd, IPPROTO_IPV6, join ? IPV6_JOIN_GROUP : IPV6_LEAVE_GROUP, &request, sizeof(request));
}

static bool is_in(int fd, const char *group, const char *device)
{
	bool v6 = strchr(group, ':');
	struct group_filter filter = { .gf_interface = (uint32_t)index_of(device) };
	struct sockaddr_in6 *name6 = (struct sockaddr_in6 *)&filter.gf_group;
	struct sockaddr_in *name = (struct sockaddr_in *)&filter.gf_group;
	socklen_t size = sizeof(filter);

	filter.gf_group.ss_family = v6 ? AF_INET6 : AF_INET;
	must(inet_pton(v6 ? AF_INET6 : AF_INET, group, v6 ? (void *)&name6->sin6_addr : (void *)&name->sin_addr));
	return getsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, MCAST_MSFILTER, &filter, &size) == 0;
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	must(getsockopt(fd, level, name, &value, &size));
	return value;
}

static void set_up(int *udp, int *raw, int *udp6)
{
	int device = htonl(index_of("ping"));
	struct ip_mreq by_address = { 0 };

	*udp = must(socket(AF_INET, SOCK_DGRAM, 0));
	*raw = must(socket(AF_INET, SOCK_RAW, 253));
	*udp6 = must(socket(AF_INET6, SOCK_DGRAM, 0));
	change(*udp, true, "239.1.1.1", "ping");
	change(*udp, true, "239.1.1.1", "pong");
	change(*udp, true, "239.1.1.2", "ping");
	change(*udp, false, "239.1.1.2", "ping");
	must(inet_pton(AF_INET, "239.1.1.3", &by_address.imr_multiaddr));
	by_address.imr_interface.s_addr = htonl(INADDR_LOOPBACK);
	set(*udp, IPPROTO_IP, IP_ADD_MEMBERSHIP, &by_address, sizeof(by_address));
	set(*udp, IPPROTO_IP, IP_UNICAST_IF, &device, sizeof(device));
	change(*raw, true, "239.1.1.4", "pong");
	change6(*udp6, true, "ff02::4711", "ping");
	change6(*udp6, true, "ff02::4711", "pong");
	change6(*udp6, true, "ff05::4712", "pong");
	change6(*udp6, true, "ff05::4713", "ping");
	change6(*udp6, false, "ff05::4713", "ping");
	set(*udp6, IPPROTO_IPV6, IPV6_UNICAST_IF, &device, sizeof(device));
}

int main(int argc, char **argv)
{
	int udp, raw, udp6;

	test_init(argc, argv);
	loopback_up();
	make_device("ping");
	make_device("pong");
	set_up(&udp, &raw, &udp6);
	test_ready();
	test_wait();
	check(is_in(udp, "239.1.1.1", "ping") && is_in(udp, "239.1.1.1", "pong"), "one group, two devices");
	check(!is_in(udp, "239.1.1.2", "ping"), "a group that it had left");
	check(is_in(udp, "239.1.1.3", "lo") && !is_in(udp, "239.1.1.3", "ping"), "joined by address");
	check(!is_in(udp, "239.1.1.4", "pong") && is_in(raw, "239.1.1.4", "pong"), "the raw socket");
	check(is_in(udp6, "ff02::4711", "ping") && is_in(udp6, "ff02::4711", "pong"), "IPv6, two devices");
	check(is_in(udp6, "ff05::4712", "pong") && !is_in(udp6, "ff05::4712", "ping"), "IPv6, one device");
	check(!is_in(udp6, "ff05::4713", "ping"), "IPv6, a group that it had left");
	check(option(udp, IPPROTO_IP, IP_UNICAST_IF) == (int)htonl(index_of("ping")), "IP_UNICAST_IF");
	check(option(udp6, IPPROTO_IPV6, IPV6_UNICAST_IF) == (int)htonl(index_of("ping")), "IPV6_UNICAST_IF");
	pass();
}
