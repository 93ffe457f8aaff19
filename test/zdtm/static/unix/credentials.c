// SPDX-License-Identifier: GPL-2.0-only
/* Credentials that came with messages: of a process that is in the tree, of one that has ended, and made up ones. */
#include "test.h"

#include "messages.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void receive(int from, const char *text, pid_t pid, uid_t uid)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr head;
	} control = { 0 };
	char got[20] = { 0 };
	struct iovec part = { got, strlen(text) };
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

int main(int argc, char **argv)
{
	int pairs[2][2], on = 1;
	pid_t child;

	test_init(argc, argv);
	for (int i = 0; i < 2; i++) {
		must(socketpair(AF_UNIX, i ? SOCK_DGRAM : SOCK_STREAM, 0, pairs[i]));
		must(setsockopt(pairs[i][1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
		message_send_as(pairs[i][0], "one", (struct ucred){ getpid(), 0, 0 });
	}
	child = must(fork());
	if (!child) {
		for (int i = 0; i < 2; i++)
			must(write(pairs[i][0], "child", 5));
		_exit(0);
	}
	must(waitpid(child, NULL, 0));
	for (int i = 0; i < 2; i++)
		message_send_as(pairs[i][0], "user", (struct ucred){ getpid(), 1234, 0 });

	test_ready();
	test_wait();

	for (int i = 0; i < 2; i++) {
		receive(pairs[i][1], "one", getpid(), 0);
		receive(pairs[i][1], "child", child, 0);
		receive(pairs[i][1], "user", getpid(), 1234);
	}
	pass();
}
