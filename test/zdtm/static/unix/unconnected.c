// SPDX-License-Identifier: GPL-2.0-only
/* Sockets that are nothing yet: new ones, one bound only, datagram sockets that left each other, one way only. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "bound" };
	int fresh, bound, pair[2], left[2], client;
	char got[10];

	test_init(argc, argv);
	fresh = must(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
	bound = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(bind(bound, (struct sockaddr *)&address, sizeof(address)));
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	must(connect(pair[0], &nobody, sizeof(nobody))); /* only the other one is connected */
	must(send(pair[1], "one way", 7, 0));
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, left));
	must(connect(left[0], &nobody, sizeof(nobody)));
	must(connect(left[1], &nobody, sizeof(nobody)));

	test_ready();
	test_wait();

	check(fcntl(fresh, F_GETFL) & O_NONBLOCK, "it blocks");
	check(send(fresh, "x", 1, MSG_NOSIGNAL) < 0 && errno == ENOTCONN, "it is connected");
	must(listen(bound, 1));
	client = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(connect(client, (struct sockaddr *)&address, sizeof(address)));
	check(recv(pair[0], got, sizeof(got), MSG_DONTWAIT) == 7, "the message is lost");
	check(send(pair[0], "x", 1, 0) < 0 && errno == ENOTCONN, "it is connected both ways");
	must(send(pair[1], "again", 5, 0));
	check(recv(pair[0], got, sizeof(got), MSG_DONTWAIT) == 5, "it is not connected");
	check(send(left[0], "x", 1, 0) < 0 && errno == ENOTCONN, "they have found each other");
	check(send(left[1], "x", 1, 0) < 0 && errno == ENOTCONN, "they have found each other");
	pass();
}
