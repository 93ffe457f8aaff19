// SPDX-License-Identifier: GPL-2.0-only
/* Sockets with a peek offset, of a connection and of one that is over: all that was not read is kept, and where looking goes
 * on.
 *
 * options: --tcp-established
 */
#include "test.h"

#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char text[] = "0123456789";

static void connect_ends(int pair[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener = must(socket(AF_INET, SOCK_STREAM, 0)), offset = 0;

	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 1));
	pair[0] = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(pair[0], (struct sockaddr *)&address, size));
	pair[1] = must(accept(listener, NULL, NULL));
	close(listener);
	if (setsockopt(pair[1], SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)) < 0)
		skip("TCP has no peek offset here");
}

static void expect(int fd, int flags, const char *wanted)
{
	char got[16] = "";

	check(must(recv(fd, got, strlen(wanted), flags)) == (ssize_t)strlen(wanted), "it is too short");
	check(strcmp(got, wanted) == 0, "%s comes instead of %s", got, wanted);
}

static void look_on(int fd)
{
	expect(fd, MSG_PEEK, "3456");
	expect(fd, 0, "01");
	expect(fd, MSG_PEEK, "789");
	expect(fd, 0, "23456789");
}

int main(int argc, char **argv)
{
	int alive[2], over[2];
	struct pollfd poller = { .events = 0 };

	test_init(argc, argv);
	connect_ends(alive);
	connect_ends(over);
	check(must(write(alive[0], text, strlen(text))) == (ssize_t)strlen(text), "short write");
	check(must(write(over[0], text, strlen(text))) == (ssize_t)strlen(text), "short write");
	must(shutdown(over[1], SHUT_WR));
	must(close(over[0]));
	poller.fd = over[1];
	while (!(poller.revents & POLLHUP))
		must(poll(&poller, 1, 10));
	expect(alive[1], MSG_PEEK, "012");
	expect(over[1], MSG_PEEK, "012");
	test_ready();
	test_wait();
	look_on(alive[1]);
	look_on(over[1]);
	check(must(write(alive[0], text, 4)) == 4, "short write");
	expect(alive[1], 0, "0123");
	pass();
}
