// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of Multipath TCP that the kernel does not tell of are refused, also where the peer has only TCP: connected, and when
 * that is over with something left to be read.
 *
 * options: --tcp-established
 * refuses: a connection of Multipath TCP, whose state; Multipath TCP that is over
 */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int connect_to_plain(int *ret_server)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener = must(socket(AF_INET, SOCK_STREAM, 0)), client = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	if (client < 0 && (errno == EPROTONOSUPPORT || errno == ENOPROTOOPT))
		skip("no Multipath TCP here");
	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 1));
	must(connect(client, (struct sockaddr *)&address, size));
	*ret_server = must(accept(listener, NULL, NULL));
	must(close(listener));
	return client;
}

int main(int argc, char **argv)
{
	struct pollfd poller = { .events = 0 };
	int alive, over, server;
	char data[8];

	test_init(argc, argv);
	over = connect_to_plain(&server);
	check(must(write(server, "left", 4)) == 4, "short write");
	must(close(server));
	must(shutdown(over, SHUT_WR));
	poller.fd = over;
	while (!(poller.revents & POLLHUP))
		must(poll(&poller, 1, 10));
	alive = connect_to_plain(&server);
	test_ready();
	test_wait();
	check(must(read(over, data, sizeof(data))) == 4, "what was left is gone");
	check(must(write(alive, "x", 1)) == 1 && must(read(server, data, 1)) == 1, "the connection is broken");
	pass();
}
