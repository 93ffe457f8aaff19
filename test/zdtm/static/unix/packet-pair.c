// SPDX-License-Identifier: GPL-2.0-only
/* A pair of sequenced-packet sockets: packets stay apart, and half of it is shut. */
#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char got[10];
	int pair[2];

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	must(send(pair[0], "one", 3, 0));
	must(send(pair[0], "three", 5, 0));
	must(shutdown(pair[0], SHUT_WR));
	test_ready();
	test_wait();
	check(recv(pair[1], got, sizeof(got), 0) == 3 && !memcmp(got, "one", 3), "the first packet differs");
	check(recv(pair[1], got, sizeof(got), 0) == 5 && !memcmp(got, "three", 5), "the second packet differs");
	check(recv(pair[1], got, sizeof(got), 0) == 0, "its end is lost");
	check(send(pair[0], "x", 1, MSG_NOSIGNAL) < 0 && errno == EPIPE, "the half is open again");
	must(send(pair[1], "back", 4, 0));
	check(recv(pair[0], got, sizeof(got), 0) == 4, "the other half is shut");
	pass();
}
