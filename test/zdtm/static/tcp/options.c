// SPDX-License-Identifier: GPL-2.0-only
/* Options of a connection are kept, those of TCP, IPv4 and IPv6; and its congestion control.
 *
 * options: --tcp-established
 */
#include "test.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
	int family, level, option, value;
	const char *name;
} options[] = {
	{ 0, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY" },
	{ 0, IPPROTO_TCP, TCP_CORK, 1, "TCP_CORK" },
	{ 0, IPPROTO_TCP, TCP_KEEPIDLE, 111, "TCP_KEEPIDLE" },
	{ 0, IPPROTO_TCP, TCP_KEEPINTVL, 22, "TCP_KEEPINTVL" },
	{ 0, IPPROTO_TCP, TCP_KEEPCNT, 3, "TCP_KEEPCNT" },
	{ 0, IPPROTO_TCP, TCP_SYNCNT, 4, "TCP_SYNCNT" },
	{ 0, IPPROTO_TCP, TCP_LINGER2, 33, "TCP_LINGER2" },
	{ 0, IPPROTO_TCP, TCP_USER_TIMEOUT, 44444, "TCP_USER_TIMEOUT" },
	{ 0, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 5555, "TCP_NOTSENT_LOWAT" },
	{ 0, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1, "TCP_THIN_LINEAR_TIMEOUTS" },
	{ 0, IPPROTO_TCP, TCP_INQ, 1, "TCP_INQ" },
	{ 0, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE" },
	{ 0, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR" },
	{ 0, SOL_SOCKET, SO_OOBINLINE, 1, "SO_OOBINLINE" },
	{ 0, SOL_SOCKET, SO_RCVLOWAT, 7, "SO_RCVLOWAT" },
	{ AF_INET, IPPROTO_IP, IP_TTL, 33, "IP_TTL" },
	{ AF_INET, IPPROTO_IP, IP_TOS, 0x08, "IP_TOS" },
	{ AF_INET, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT, "IP_MTU_DISCOVER" },
	{ AF_INET, IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL" },
	{ AF_INET, IPPROTO_IP, IP_MINTTL, 1, "IP_MINTTL" },
	{ AF_INET6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 44, "IPV6_UNICAST_HOPS" },
	{ AF_INET6, IPPROTO_IPV6, IPV6_TCLASS, 0x20, "IPV6_TCLASS" },
	{ AF_INET6, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO" },
	{ AF_INET6, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT" },
};

static int connect_self(int family, int *ret_server)
{
	struct sockaddr_in6 address = { .sin6_family = (sa_family_t)family };
	socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(address);
	int listener = must(socket(family, SOCK_STREAM, 0)), client = must(socket(family, SOCK_STREAM, 0));

	if (family == AF_INET)
		((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address.sin6_addr = in6addr_loopback;
	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 1));
	must(connect(client, (struct sockaddr *)&address, size));
	*ret_server = must(accept(listener, NULL, NULL));
	must(close(listener));
	return client;
}

static void set_all(int family, int fd)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (!options[i].family || options[i].family == family)
			must(setsockopt(fd, options[i].level, options[i].option, &options[i].value, sizeof(int)));
	must(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
}

static void check_all(int family, int fd, bool set)
{
	char congestion[16] = "";
	socklen_t size = sizeof(congestion);

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		int value = -1;
		socklen_t value_size = sizeof(value);

		if (options[i].family && options[i].family != family)
			continue;
		must(getsockopt(fd, options[i].level, options[i].option, &value, &value_size));
		check((value == options[i].value) == set, "%s is %d", options[i].name, value);
	}
	must(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion, &size));
	check((strcmp(congestion, "reno") == 0) == set, "the congestion control is %s", congestion);
}

int main(int argc, char **argv)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int clients[2], servers[2];

	test_init(argc, argv);
	for (int i = 0; i < 2; i++) {
		clients[i] = connect_self(families[i], &servers[i]);
		set_all(families[i], clients[i]);
	}
	test_ready();
	test_wait();
	for (int i = 0; i < 2; i++) {
		check_all(families[i], clients[i], true);
		check_all(families[i], servers[i], false);
	}
	pass();
}
