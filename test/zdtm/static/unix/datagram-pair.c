// SPDX-License-Identifier: GPL-2.0-only
/* A pair of datagram sockets: boundaries stay, an empty message is one, and more wait than a listener would let. */
#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const size_t lengths[] = { 0, 1, 500, 20000, 3 };
	static char sent[20000], got[20001];
	int pair[2];

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	test_fill(sent, sizeof(sent), 3);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		must(send(pair[0], sent, lengths[i], 0));
	for (int i = 0; i < 30; i++)
		must(send(pair[1], &i, sizeof(i), 0));

	test_ready();
	test_wait();

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		ssize_t length = recv(pair[1], got, sizeof(got), MSG_DONTWAIT);

		check(length == (ssize_t)lengths[i], "message %zu has %zd bytes", i, length);
		check(memcmp(sent, got, lengths[i]) == 0, "message %zu differs", i);
	}
	check(recv(pair[1], got, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, "there is more");
	for (int i = 0, value; i < 30; i++)
		check(recv(pair[0], &value, sizeof(value), MSG_DONTWAIT) == sizeof(value) && value == i,
		      "message %d of the other direction is not there", i);
	must(send(pair[1], "x", 1, 0));
	check(recv(pair[0], got, 2, MSG_DONTWAIT) == 1, "they are not connected any more");
	pass();
}
