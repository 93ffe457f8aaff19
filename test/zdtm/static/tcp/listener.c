// SPDX-License-Identifier: GPL-2.0-only
/* Listeners on IPv4, IPv6 and both, with their options; bound and unbound sockets that do nothing.
 */
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int number(int fd, int level, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	must(getsockopt(fd, level, option, &value, &size));
	return value;
}

static void set(int fd, int level, int option, int value)
{
	must(setsockopt(fd, level, option, &value, sizeof(value)));
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 address;
	socklen_t size = sizeof(address);

	must(getsockname(fd, (struct sockaddr *)&address, &size));
	return address.sin6_port;
}

static int make_v4(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));

	must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

static int make_v6(int only)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = in6addr_any };
	int fd = must(socket(AF_INET6, SOCK_STREAM, 0));

	set(fd, IPPROTO_IPV6, IPV6_V6ONLY, only);
	must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

static void talk(int listener, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				       .sin_port = port };
	int client = must(socket(AF_INET, SOCK_STREAM, 0)), server;
	char byte = 0;

	must(connect(client, (struct sockaddr *)&address, sizeof(address)));
	must(write(client, "x", 1)); /* before TCP_DEFER_ACCEPT waits for it */
	server = must(accept(listener, NULL, NULL));
	must(read(server, &byte, 1));
	check(byte == 'x', "what was sent does not come");
	close(client);
	close(server);
}

int main(int argc, char **argv)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);
	int v4, v6, both, bound, unbound;
	uint16_t ports[3], bound_port;

	test_init(argc, argv);
	v4 = make_v4();
	v6 = make_v6(1);
	both = make_v6(0);
	bound = make_v4();
	unbound = must(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0));
	set(v4, IPPROTO_TCP, TCP_DEFER_ACCEPT, 7);
	set(v4, IPPROTO_TCP, TCP_FASTOPEN, 12);
	set(v4, IPPROTO_TCP, TCP_MAXSEG, 1200);
	set(v4, IPPROTO_TCP, TCP_KEEPIDLE, 123);
	set(v4, IPPROTO_IP, IP_TOS, 0x10);
	set(v6, SOL_SOCKET, SO_REUSEADDR, 1);
	set(unbound, IPPROTO_TCP, TCP_NODELAY, 1);
	set(unbound, IPPROTO_TCP, TCP_USER_TIMEOUT, 4567);
	must(listen(v4, 5));
	must(listen(v6, 6));
	must(listen(both, 7));
	ports[0] = port_of(v4);
	ports[1] = port_of(v6);
	ports[2] = port_of(both);
	bound_port = port_of(bound);
	test_ready();
	test_wait();
	check(port_of(v4) == ports[0] && port_of(v6) == ports[1] && port_of(both) == ports[2], "ports differ");
	check(port_of(bound) == bound_port && !port_of(unbound), "addresses of sockets that do nothing differ");
	must(getsockopt(v6, IPPROTO_TCP, TCP_INFO, &info, &size));
	check(info.tcpi_state == TCP_LISTEN && info.tcpi_sacked == 6, "the backlog is %u", info.tcpi_sacked);
	check(number(v4, IPPROTO_TCP, TCP_DEFER_ACCEPT) == 7, "TCP_DEFER_ACCEPT is %d",
	      number(v4, IPPROTO_TCP, TCP_DEFER_ACCEPT));
	check(number(v4, IPPROTO_TCP, TCP_FASTOPEN) == 12, "TCP_FASTOPEN is lost");
	check(number(v4, IPPROTO_TCP, TCP_MAXSEG) == 1200, "TCP_MAXSEG is %d", number(v4, IPPROTO_TCP, TCP_MAXSEG));
	check(number(v4, IPPROTO_TCP, TCP_KEEPIDLE) == 123, "TCP_KEEPIDLE is lost");
	check(number(v4, IPPROTO_IP, IP_TOS) == 0x10, "IP_TOS is lost");
	check(!number(v4, SOL_SOCKET, SO_REUSEADDR) && number(v6, SOL_SOCKET, SO_REUSEADDR), "SO_REUSEADDR differs");
	check(number(v6, IPPROTO_IPV6, IPV6_V6ONLY) && !number(both, IPPROTO_IPV6, IPV6_V6ONLY),
	      "IPV6_V6ONLY differs");
	check(number(unbound, IPPROTO_TCP, TCP_NODELAY) && number(unbound, IPPROTO_TCP, TCP_USER_TIMEOUT) == 4567,
	      "options of the unbound socket are lost");
	talk(v4, ports[0]);
	talk(both, ports[2]);
	pass();
}
