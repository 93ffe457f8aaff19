// SPDX-License-Identifier: GPL-2.0-only
/* Multicast groups: a socket of IPv4 and one of IPv6 each in a group from all sources, in one without some sources, and in
 * one with some only; their other options of multicast. Others in the same groups do not confuse it.
 *
 * network: own
 */
#include "test.h"

#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define SOURCES 3

static int sockets[2], alone;

static void loopback_up(void)
{
	struct ifreq request = { .ifr_name = "lo",
				 .ifr_flags = IFF_UP | IFF_RUNNING | IFF_MULTICAST | IFF_LOOPBACK };

	must(ioctl(alone, SIOCSIFFLAGS, &request));
}

static void put(int family, int which, bool group, struct sockaddr_storage *ret)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	v4.sin_addr.s_addr = htonl((group ? 0xe8010100u : 0x0a000000u) + which);
	v6.sin6_addr.s6_addr[0] = group ? 0xff : 0xfd;
	v6.sin6_addr.s6_addr[1] = group ? 0x05 : 0;
	v6.sin6_addr.s6_addr[15] = 16 + which;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, family == AF_INET ? (void *)&v4 : (void *)&v6, family == AF_INET ? sizeof(v4) : sizeof(v6));
}

static int level_of(int family)
{
	return family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
}

static void join(int fd, int family, int which)
{
	struct group_req request = { .gr_interface = 1 };

	put(family, which, true, &request.gr_group);
	must(setsockopt(fd, level_of(family), MCAST_JOIN_GROUP, &request, sizeof(request)));
}

static void source(int fd, int family, int which, int option, int from)
{
	struct group_source_req request = { .gsr_interface = 1 };

	put(family, which, true, &request.gsr_group);
	put(family, from, false, &request.gsr_source);
	must(setsockopt(fd, level_of(family), option, &request, sizeof(request)));
}

static void set_up(int fd, int family)
{
	join(fd, family, 1);
	join(fd, family, 2);
	for (int i = 0; i < SOURCES; i++) {
		source(fd, family, 2, MCAST_BLOCK_SOURCE, 1 + i);
		source(fd, family, 3, MCAST_JOIN_SOURCE_GROUP, 7 + i);
	}
	for (int i = 4; i < 8; i++)
		if (family == AF_INET)
			join(alone, family, i);
}

/* -1: no member. */
static int sources_of(int fd, int family, int which, unsigned int mode, int first)
{
	char space[GROUP_FILTER_SIZE(8)] = { 0 };
	struct group_filter *filter = (struct group_filter *)space;
	struct sockaddr_storage from;
	socklen_t size = sizeof(space);

	filter->gf_interface = 1;
	filter->gf_numsrc = 8;
	put(family, which, true, &filter->gf_group);
	if (getsockopt(fd, level_of(family), MCAST_MSFILTER, filter, &size) < 0)
		return -1;
	check(filter->gf_fmode == mode, "family %d, group %d: mode %u", family, which, filter->gf_fmode);
	for (unsigned int i = 0; i < filter->gf_numsrc; i++) {
		bool found = false;

		for (int j = 0; j < SOURCES; j++) {
			put(family, first + j, false, &from);
			found |= memcmp(&from, &filter->gf_slist[i], family == AF_INET ? 8 : 24) == 0;
		}
		check(found, "family %d, group %d: source %u is another", family, which, i);
	}
	return filter->gf_numsrc;
}

static void expect(int fd, int family)
{
	check(sources_of(fd, family, 1, MCAST_EXCLUDE, 0) == 0, "family %d: group of all sources", family);
	check(sources_of(fd, family, 2, MCAST_EXCLUDE, 1) == SOURCES, "family %d: group without sources", family);
	check(sources_of(fd, family, 3, MCAST_INCLUDE, 7) == SOURCES, "family %d: group of sources", family);
	for (int i = 4; i < 8; i++)
		check(sources_of(fd, family, i, MCAST_EXCLUDE, 0) < 0, "family %d: in group %d of another",
		      family, i);
}

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	must(getsockopt(fd, level, name, &value, &size));
	return size == 1 ? value & 0xff : value;
}

static void set(int fd, int level, int name, int value)
{
	must(setsockopt(fd, level, name, &value, sizeof(value)));
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	alone = must(socket(AF_INET, SOCK_DGRAM, 0));
	loopback_up();
	sockets[0] = must(socket(AF_INET, SOCK_DGRAM, 0));
	sockets[1] = must(socket(AF_INET6, SOCK_DGRAM, 0));
	set_up(sockets[0], AF_INET);
	set_up(sockets[1], AF_INET6);
	set(sockets[0], IPPROTO_IP, IP_MULTICAST_TTL, 17);
	set(sockets[0], IPPROTO_IP, IP_MULTICAST_LOOP, 0);
	set(sockets[0], IPPROTO_IP, IP_MULTICAST_IF, htonl(INADDR_LOOPBACK));
	set(sockets[1], IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 18);
	set(sockets[1], IPPROTO_IPV6, IPV6_MULTICAST_IF, 1);
	test_ready();
	test_wait();
	expect(sockets[0], AF_INET);
	expect(sockets[1], AF_INET6);
	check(option(sockets[0], IPPROTO_IP, IP_MULTICAST_TTL) == 17, "IP_MULTICAST_TTL");
	check(option(sockets[0], IPPROTO_IP, IP_MULTICAST_LOOP) == 0, "IP_MULTICAST_LOOP");
	check(option(sockets[0], IPPROTO_IP, IP_MULTICAST_IF) == (int)htonl(INADDR_LOOPBACK), "IP_MULTICAST_IF");
	check(option(sockets[1], IPPROTO_IPV6, IPV6_MULTICAST_HOPS) == 18, "IPV6_MULTICAST_HOPS");
	check(option(sockets[1], IPPROTO_IPV6, IPV6_MULTICAST_IF) == 1, "IPV6_MULTICAST_IF");
	pass();
}
