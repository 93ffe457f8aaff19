// SPDX-License-Identifier: GPL-2.0-only
/* Sockets whose other end is closed: what it had sent can be read, then there is the end; and an end that left something
 * unread makes itself felt as an error.
 */
#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int quiet[2], reset[2], datagrams[2], error = 0;
	socklen_t size = sizeof(error);
	char got[10];

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, quiet));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, reset));
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams));
	must(write(quiet[1], "left", 4));
	must(write(reset[0], "unread", 6));
	must(write(datagrams[1], "last", 4));
	must(close(quiet[1]));
	must(close(reset[1]));
	must(close(datagrams[1]));

	test_ready();
	test_wait();

	check(read(quiet[0], got, sizeof(got)) == 4 && !memcmp(got, "left", 4), "what it had sent is lost");
	check(read(quiet[0], got, sizeof(got)) == 0, "its end is not seen");
	check(send(quiet[0], "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE, "somebody is there");
	must(getsockopt(reset[0], SOL_SOCKET, SO_ERROR, &error, &size));
	check(error == ECONNRESET, "the error is %d", error);
	check(recv(datagrams[0], got, sizeof(got), MSG_DONTWAIT) == 4, "the last datagram is lost");
	check(send(datagrams[0], "x", 1, 0) < 0 && errno == ECONNREFUSED, "a datagram goes nowhere");
	pass();
}
