// SPDX-License-Identifier: GPL-2.0-only
/* Sockets whose connection is over: what came before its end is still there to be read, then the end, or the error of a
 * reset, which is told once.
 */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define UNREAD 50000

static int connect_and_end(int family, bool reset, size_t unread)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };
	struct sockaddr_in6 address = { .sin6_family = (sa_family_t)family };
	socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(address);
	int listener = must(socket(family, SOCK_STREAM, 0)), client, server;
	struct pollfd poller = { .events = 0 };
	char *data = malloc(UNREAD);

	if (family == AF_INET)
		((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		address.sin6_addr = in6addr_loopback;
	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 1));
	client = must(socket(family, SOCK_STREAM, 0));
	must(connect(client, (struct sockaddr *)&address, size));
	server = must(accept(listener, NULL, NULL));
	test_fill(data, UNREAD, 1);
	if (unread)
		check(must(write(client, data, unread)) == (ssize_t)unread, "short write");
	free(data);
	if (reset)
		must(setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	else
		must(shutdown(server, SHUT_WR));
	must(close(client));
	must(close(listener));
	poller.fd = server;
	while (!(poller.revents & POLLHUP))
		must(poll(&poller, 1, 10));
	return server;
}

static void expect_unread(int fd)
{
	char *data = malloc(UNREAD);

	check(must(recv(fd, data, UNREAD, MSG_WAITALL)) == UNREAD, "unread bytes are lost");
	check(test_differs(data, UNREAD, 1) == -1, "byte %zd differs", test_differs(data, UNREAD, 1));
	free(data);
}

static void expect_end(int fd)
{
	char byte;

	check(must(read(fd, &byte, 1)) == 0, "there is more to read");
	check(write(fd, "x", 1) < 0 && errno == EPIPE, "writing gives error %d", errno);
}

static void expect_reset(int fd)
{
	char byte;

	check(read(fd, &byte, 1) < 0 && errno == ECONNRESET, "reading gives error %d", errno);
	expect_end(fd);
}

int main(int argc, char **argv)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int orderly[2], reset[2], empty[2], empty_reset[2];

	test_init(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 2; i++) {
		orderly[i] = connect_and_end(families[i], false, UNREAD);
		reset[i] = connect_and_end(families[i], true, UNREAD);
		empty[i] = connect_and_end(families[i], false, 0);
		empty_reset[i] = connect_and_end(families[i], true, 0);
	}
	test_ready();
	test_wait();
	for (int i = 0; i < 2; i++) {
		expect_unread(orderly[i]);
		expect_end(orderly[i]);
		expect_unread(reset[i]);
		expect_reset(reset[i]);
		expect_end(empty[i]);
		expect_reset(empty_reset[i]);
	}
	pass();
}
