// SPDX-License-Identifier: GPL-2.0-only
/* Peek offsets, on queues with several messages: as they were, also for a program that is not ended by the dump. */
#include "test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int stream[2], datagrams[2], plain[2], offset = 3, got_offset;
	socklen_t size = sizeof(offset);
	char got[20] = { 0 };

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, stream));
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams));
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, plain));
	must(setsockopt(stream[1], SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)));
	must(setsockopt(datagrams[1], SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)));
	for (int i = 0; i < 3; i++) {
		must(send(stream[0], "12345", 5, 0));
		must(send(datagrams[0], i ? "67890" : "abc", i ? 5 : 3, 0));
		must(send(plain[0], "xyz", (size_t)i, 0));
	}

	test_ready();
	test_wait();

	must(getsockopt(plain[1], SOL_SOCKET, SO_PEEK_OFF, &got_offset, &size));
	check(got_offset == -1, "the peek offset of the plain one is %d", got_offset);
	must(getsockopt(stream[1], SOL_SOCKET, SO_PEEK_OFF, &got_offset, &size));
	check(got_offset == 3, "the peek offset is %d", got_offset);
	check(recv(stream[1], got, 4, MSG_PEEK | MSG_DONTWAIT) == 4 && !memcmp(got, "4512", 4),
	      "'%s' was peeked", got);
	check(recv(datagrams[1], got, 20, MSG_PEEK | MSG_DONTWAIT) == 5 && !memcmp(got, "67890", 5),
	      "'%s' was peeked", got);
	for (int i = 0; i < 3; i++)
		check(recv(plain[1], got, 20, MSG_DONTWAIT) == i, "message %d is another one", i);
	pass();
}
