// SPDX-License-Identifier: GPL-2.0-only
/* Options of ip(7), ipv6(7) and udp(7), halves that are shut down, and several sockets of one port.
 */
#include "test.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
	int family, level, option, value;
} options[] = {
	{ AF_INET, IPPROTO_IP, IP_RECVOPTS, 1 },
	{ AF_INET, IPPROTO_IP, IP_RETOPTS, 1 },
	{ AF_INET, IPPROTO_IP, 20, 1 }, /* IP_RECVORIGDSTADDR */
	{ AF_INET, IPPROTO_IP, IP_RECVTTL, 1 },
	{ AF_INET, IPPROTO_IP, IP_TOS, 8 },
	{ AF_INET, IPPROTO_IP, IP_TTL, 9 },
	{ AF_INET, IPPROTO_IP, 49, 0 },	      /* IP_MULTICAST_ALL */
	{ AF_INET, IPPROTO_IP, 50, 1 << 24 }, /* IP_UNICAST_IF: device 1 */
	{ AF_INET, IPPROTO_UDP, 1, 1 },	      /* UDP_CORK */
	{ AF_INET, IPPROTO_UDP, 103, 700 },   /* UDP_SEGMENT */
	{ AF_INET, SOL_SOCKET, SO_BROADCAST, 1 },
	{ AF_INET6, IPPROTO_IPV6, IPV6_RECVHOPOPTS, 1 },
	{ AF_INET6, IPPROTO_IPV6, IPV6_RECVRTHDR, 1 },
	{ AF_INET6, IPPROTO_IPV6, IPV6_RECVDSTOPTS, 1 },
	{ AF_INET6, IPPROTO_IPV6, IPV6_RECVPATHMTU, 1 },
	{ AF_INET6, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0 },
	{ AF_INET6, IPPROTO_IPV6, 76, 1 << 24 }, /* IPV6_UNICAST_IF */
	{ AF_INET6, IPPROTO_UDP, 101, 1 },	 /* UDP_NO_CHECK6_TX */
	{ AF_INET6, IPPROTO_UDP, 102, 1 },	 /* UDP_NO_CHECK6_RX */
};

static void expect(const int *fds)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		int value = 0;
		socklen_t size = sizeof(value);

		must(getsockopt(fds[options[i].family == AF_INET6], options[i].level, options[i].option,
				&value, &size));
		check(value == options[i].value, "level %d, option %d: %d", options[i].level,
		      options[i].option, value);
	}
}

static void make_group(int *fds, size_t nr)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);
	int on = 1;

	for (size_t i = 0; i < nr; i++) {
		fds[i] = must(socket(AF_INET, SOCK_DGRAM, 0));
		must(setsockopt(fds[i], SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)));
		must(bind(fds[i], (struct sockaddr *)&name, sizeof(name)));
		must(getsockname(fds[i], (struct sockaddr *)&name, &size));
		must(sendto(fds[0], &on, sizeof(on), 0, (struct sockaddr *)&name, size));
	}
}

static size_t drain(const int *fds, size_t nr)
{
	size_t found = 0;
	char byte;

	for (size_t i = 0; i < nr; i++)
		while (recv(fds[i], &byte, 1, MSG_DONTWAIT) == 1)
			found++;
	return found;
}

/* Connected to itself. */
static int make_closed(int how)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(name);
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0));

	must(bind(fd, (struct sockaddr *)&name, sizeof(name)));
	must(getsockname(fd, (struct sockaddr *)&name, &size));
	must(connect(fd, (struct sockaddr *)&name, size));
	must(send(fd, "x", 1, 0));
	must(shutdown(fd, how));
	return fd;
}

int main(int argc, char **argv)
{
	int fds[2], group[4], no_read, no_write;
	char byte;

	test_init(argc, argv);
	fds[0] = must(socket(AF_INET, SOCK_DGRAM, 0));
	fds[1] = must(socket(AF_INET6, SOCK_DGRAM, 0));
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		must(setsockopt(fds[options[i].family == AF_INET6], options[i].level, options[i].option,
				&options[i].value, sizeof(options[i].value)));
	make_group(group, ARRAY_SIZE(group));
	no_read = make_closed(SHUT_RD);
	no_write = make_closed(SHUT_WR);
	test_ready();
	test_wait();
	expect(fds);
	check(drain(group, ARRAY_SIZE(group)) == ARRAY_SIZE(group), "datagrams of the group are lost");
	check(recv(no_read, &byte, 1, 0) == 1, "the half that is shut down has no datagram");
	check(recv(no_read, &byte, 1, 0) == 0, "reading is not shut down");
	check(send(no_read, "x", 1, 0) == 1, "writing is shut down");
	check(recv(no_write, &byte, 1, 0) == 1, "the other half has no datagram");
	check(send(no_write, "x", 1, MSG_NOSIGNAL) < 0, "writing is not shut down");
	pass();
}
