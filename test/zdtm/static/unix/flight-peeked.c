// SPDX-License-Identifier: GPL-2.0-only
/* Sockets that only a queue has, with messages in theirs: their options are the ones that were set (peek offset, credentials,
 * byte out of band in line), also when a dump that looks at them is killed (scenario unix-killed-while-peeking).
 */
#include "test.h"

#include "messages.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NR 3

static int get(int fd, int option)
{
	int value;
	socklen_t size = sizeof(value);

	must(getsockopt(fd, SOL_SOCKET, option, &value, &size));
	return value;
}

int main(int argc, char **argv)
{
	static const int types[NR] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	int outer[2], inner[NR][2], offset;
	char got[20];

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, outer));
	for (int i = 0; i < NR; i++) {
		must(socketpair(AF_UNIX, types[i], 0, inner[i]));
		offset = i + 1;
		must(setsockopt(inner[i][1], SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)));
		must(send(inner[i][0], "first", 5, 0));
		must(send(inner[i][0], "second", 6, 0));
		message_send_fd(outer[0], "fd", inner[i][1]);
		must(close(inner[i][1]));
	}

	test_ready();
	test_wait();

	for (int i = 0; i < NR; i++) {
		int fd = message_receive_fd(outer[1], "fd");

		check(get(fd, SO_PEEK_OFF) == i + 1, "%d: the peek offset is %d", i, get(fd, SO_PEEK_OFF));
		check(!get(fd, SO_PASSCRED), "%d: credentials are asked for", i);
		check(!get(fd, SO_OOBINLINE), "%d: the byte out of band is in line", i);
		check(recv(fd, got, 5, MSG_DONTWAIT) == 5 && !memcmp(got, "first", 5), "%d: another message", i);
		check(recv(fd, got, 6, MSG_DONTWAIT) == 6 && !memcmp(got, "second", 6), "%d: another message", i);
	}
	pass();
}
