// SPDX-License-Identifier: GPL-2.0-only
/* Queues of some thousand short messages, in order: datagrams of a pair, packets of a sequence, and parts of a stream that
 * credentials keep apart.
 */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NR 3000

static void send_number(int to, int number, int with_cred)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr head;
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(struct ucred)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_CREDENTIALS } };
	struct ucred cred = { getpid(), (uid_t)number, 0 };
	char text[12];
	struct iovec part = { text, (size_t)snprintf(text, sizeof(text), "%d", number) };
	struct msghdr head = { .msg_iov = &part, .msg_iovlen = 1 };

	memcpy(CMSG_DATA(&control.head), &cred, sizeof(cred));
	if (with_cred) {
		head.msg_control = &control;
		head.msg_controllen = sizeof(control);
	}
	must(sendmsg(to, &head, MSG_DONTWAIT));
}

static void receive_number(int from, int number)
{
	char text[12] = { 0 }, wanted[12];

	snprintf(wanted, sizeof(wanted), "%d", number);
	must(recv(from, text, sizeof(text) - 1, MSG_DONTWAIT));
	check(!strcmp(text, wanted), "'%s' comes instead of '%s'", text, wanted);
}

int main(int argc, char **argv)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM };
	int pairs[3][2], size = 64 << 20, on = 1;

	test_init(argc, argv);
	for (int i = 0; i < 3; i++) {
		must(socketpair(AF_UNIX, types[i], 0, pairs[i]));
		must(setsockopt(pairs[i][0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)));
		must(setsockopt(pairs[i][1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
		for (int number = 0; number < NR; number++)
			send_number(pairs[i][0], number, types[i] == SOCK_STREAM);
	}

	test_ready();
	test_wait();

	for (int i = 0; i < 3; i++) {
		for (int number = 0; number < NR; number++)
			receive_number(pairs[i][1], number);
		check(recv(pairs[i][1], &on, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN,
		      "type %d: there is more", types[i]);
	}
	pass();
}
