// SPDX-License-Identifier: GPL-2.0-only
/* Credentials of messages whose receiver does not ask for them at the moment (SO_PASSCRED), but will: of several senders in
 * one stream, which comes in one piece until then, and of messages.
 *
 * kinds: unix
 * skip-if: no-kernel-types
 */
#include "test.h"

#include "messages.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

static void receive(int from, const char *text, pid_t pid, uid_t uid)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr head;
	} control = { 0 };
	char got[20] = { 0 };
	struct iovec part = { got, sizeof(got) - 1 };
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct ucred cred;

	must(recvmsg(from, &head, MSG_DONTWAIT));
	check(strcmp(got, text) == 0, "'%s' comes instead of '%s'", got, text);
	check(head.msg_controllen && control.head.cmsg_type == SCM_CREDENTIALS, "'%s' has no credentials", text);
	memcpy(&cred, CMSG_DATA(&control.head), sizeof(cred));
	check(cred.pid == pid && cred.uid == uid, "'%s' comes from process %d of user %d", text, cred.pid,
	      cred.uid);
}

static void pass_credentials(const int pairs[][2], int wanted)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		must(setsockopt(pairs[i][1], SOL_SOCKET, SO_PASSCRED, &wanted, sizeof(wanted)));
}

int main(int argc, char **argv)
{
	int pairs[ARRAY_SIZE(types)][2];
	pid_t child;
	char byte;

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		must(socketpair(AF_UNIX, types[i], 0, pairs[i]));
		message_send_as(pairs[i][0], "-one", (struct ucred){ getpid(), 0, 0 });
	}
	must(recv(pairs[0][1], &byte, 1, 0));
	pass_credentials(pairs, 1);
	child = must(fork());
	if (!child) {
		for (size_t i = 0; i < ARRAY_SIZE(types); i++)
			must(write(pairs[i][0], "child", 5));
		_exit(0);
	}
	must(waitpid(child, NULL, 0));
	pass_credentials(pairs, 0);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		message_send_as(pairs[i][0], "us", (struct ucred){ getpid(), 1234, 0 });
		message_send_as(pairs[i][0], "er", (struct ucred){ getpid(), 1234, 0 });
		must(send(pairs[i][0], "nobody", 6, 0));
	}

	test_ready();
	test_wait();

	pass_credentials(pairs, 1);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		receive(pairs[i][1], i ? "-one" : "one", getpid(), 0);
		receive(pairs[i][1], "child", child, 0);
		if (i) {
			receive(pairs[i][1], "us", getpid(), 1234);
			receive(pairs[i][1], "er", getpid(), 1234);
		} else {
			receive(pairs[i][1], "user", getpid(), 1234);
		}
		receive(pairs[i][1], "nobody", 0, 65534);
		check(recv(pairs[i][1], &byte, 1, MSG_DONTWAIT) < 0, "there is one more");
	}
	pass();
}
