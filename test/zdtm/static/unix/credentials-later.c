// SPDX-License-Identifier: GPL-2.0-only
/* Credentials that came with messages, and are asked for when these wait already: SO_PASSCRED, and SO_PASSPIDFD where the
 * kernel has it, set only after the restore. One sender has ended.
 *
 * flavours: host uns
 */
#include "test.h"

#include "messages.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

static pid_t child, ended;

/* 1: of a living process; 0: of an ended one; -1: none */
static int life_of(int pidfd)
{
	struct pollfd poller = { .fd = pidfd, .events = POLLIN };

	return pidfd < 0 ? -1 : !poll(&poller, 1, 0);
}

static void receive(int from, const char *text, pid_t pid, uid_t uid, int alive)
{
	char control[200] __attribute__((aligned(8))), got[20] = { 0 };
	struct iovec part = { got, sizeof(got) };
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct ucred cred = { 0 };
	int pidfd = -1;

	must(recvmsg(from, &head, MSG_DONTWAIT));
	for (struct cmsghdr *at = CMSG_FIRSTHDR(&head); at; at = CMSG_NXTHDR(&head, at)) {
		if (at->cmsg_type == SCM_CREDENTIALS)
			memcpy(&cred, CMSG_DATA(at), sizeof(cred));
		else if (at->cmsg_type == SCM_PIDFD)
			memcpy(&pidfd, CMSG_DATA(at), sizeof(pidfd));
	}
	check(!strcmp(got, text) && cred.pid == pid && cred.uid == uid, "'%s' of process %d and user %u", got,
	      cred.pid, cred.uid);
	check(alive < 0 || life_of(pidfd) == alive, "'%s': its process is %d (%d)", got, life_of(pidfd), pidfd);
}

static void hold(void *arg)
{
	(void)arg;
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	int pairs[3][2], on = 1, off = 0, pidfds = 1;

	test_init(argc, argv);
	child = test_child(hold, NULL);
	ended = must(fork());
	if (!ended) {
		pause();
		_exit(1);
	}
	for (int i = 0; i < 3; i++) {
		must(socketpair(AF_UNIX, types[i], 0, pairs[i]));
		message_send_as(pairs[i][0], "mine", (struct ucred){ getpid(), 1, 7 });
		message_send_as(pairs[i][0], "child", (struct ucred){ child, 2, 7 });
		message_send_as(pairs[i][0], "ended", (struct ucred){ ended, 3, 7 });
		must(send(pairs[i][0], "nobody", 6, 0));
	}
	must(kill(ended, SIGKILL));
	must(waitpid(ended, NULL, 0));

	test_ready();
	test_wait();

	for (int i = 0; i < 3; i++) {
		must(getsockopt(pairs[i][1], SOL_SOCKET, SO_PASSCRED, &off, &(socklen_t){ sizeof(off) }));
		check(!off, "SO_PASSCRED is set");
		must(setsockopt(pairs[i][1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
		if (setsockopt(pairs[i][1], SOL_SOCKET, SO_PASSPIDFD, &on, sizeof(on)) < 0)
			pidfds = 0;
		receive(pairs[i][1], "mine", getpid(), 1, pidfds ? 1 : -1);
		receive(pairs[i][1], "child", child, 2, pidfds ? 1 : -1);
		receive(pairs[i][1], "ended", ended, 3, -1);
		receive(pairs[i][1], "nobody", 0, 65534, -1);
	}
	test_end_child(child);
	pass();
}
