// SPDX-License-Identifier: GPL-2.0-only
/* Netlink sockets: ports that the kernel gave and that were asked for, groups above 32 and without a port, options, a
 * destination; the restored one is told of an event.
 *
 * network: own
 */
#include "test.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define PORT 0x12345678

static void join(int fd, int group)
{
	must(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)));
}

static uint32_t port_of(int fd)
{
	struct sockaddr_nl name;
	socklen_t size = sizeof(name);

	must(getsockname(fd, (struct sockaddr *)&name, &size));
	return name.nl_pid;
}

static uint64_t groups_of(int fd)
{
	uint64_t groups = 0;
	socklen_t size = sizeof(groups);

	must(getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, &groups, &size));
	return groups;
}

static void set_loopback(int fd, int flags)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = flags };

	must(ioctl(fd, SIOCSIFFLAGS, &request));
}

int main(int argc, char **argv)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_pid = PORT }, peer = { .nl_family = AF_NETLINK };
	int on = 1, inet, watching, unbound, bound, connected, value = 0;
	uint32_t port, connected_port;
	socklen_t size = sizeof(value), peer_size = sizeof(peer);
	char event[4096];

	test_init(argc, argv);
	inet = must(socket(AF_INET, SOCK_DGRAM, 0));
	watching = must(socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE));
	name.nl_groups = 0;
	must(bind(watching, (struct sockaddr *)&(struct sockaddr_nl){ .nl_family = AF_NETLINK }, sizeof(name)));
	join(watching, RTNLGRP_LINK);
	join(watching, RTNLGRP_NSID);
	join(watching, 33);
	port = port_of(watching);
	unbound = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
	join(unbound, RTNLGRP_IPV4_RULE);
	bound = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC));
	must(bind(bound, (struct sockaddr *)&name, sizeof(name)));
	must(setsockopt(bound, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)));
	must(setsockopt(bound, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof(on)));
	connected = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_USERSOCK));
	peer.nl_pid = PORT;
	must(connect(connected, (struct sockaddr *)&peer, sizeof(peer)));
	connected_port = port_of(connected);
	test_ready();
	test_wait();
	check(port_of(watching) == port, "port of the first");
	check(groups_of(watching) == (1ULL << (RTNLGRP_LINK - 1) | 1ULL << (RTNLGRP_NSID - 1) | 1ULL << 32),
	      "groups: %llx", (unsigned long long)groups_of(watching));
	check(port_of(unbound) == 0 && groups_of(unbound) == 1ULL << (RTNLGRP_IPV4_RULE - 1),
	      "the one without a port");
	check(port_of(bound) == PORT, "port that was asked for");
	must(getsockopt(bound, SOL_NETLINK, NETLINK_EXT_ACK, &value, &size));
	check(value == 1, "NETLINK_EXT_ACK");
	must(getsockopt(bound, SOL_NETLINK, NETLINK_NO_ENOBUFS, &value, &size));
	check(value == 1, "NETLINK_NO_ENOBUFS");
	memset(&peer, 0, sizeof(peer));
	must(getpeername(connected, (struct sockaddr *)&peer, &peer_size));
	check(peer.nl_pid == PORT && port_of(connected) == connected_port, "destination");
	must(getsockopt(watching, SOL_SOCKET, SO_TYPE, &value, &size));
	check(value == SOCK_DGRAM, "type");
	set_loopback(inet, 0);
	set_loopback(inet, IFF_UP | IFF_RUNNING);
	check(recv(watching, event, sizeof(event), 0) > 0, "no event");
	check(((struct nlmsghdr *)event)->nlmsg_type == RTM_NEWLINK, "another event");
	pass();
}
