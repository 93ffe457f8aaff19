// SPDX-License-Identifier: GPL-2.0-only
/* Connections that wait to be accepted and cannot be kept: a descriptor in flight there which nobody has any more, a byte
 * out of band, a client outside of the tree. A refused dump takes nothing from their queues.
 *
 * refuses: (SCM_RIGHTS) which no task of the tree has open; has been sent a byte out of band; comes from outside of the tree
 * kinds: unix accept_queues
 * skip-if: no-kernel-types
 */
#include "test.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int start(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = must(socket(AF_UNIX, SOCK_STREAM, 0));

	strcpy(address.sun_path, name);
	must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	must(listen(fd, 3));
	return fd;
}

static int call(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = must(socket(AF_UNIX, SOCK_STREAM, 0));

	strcpy(address.sun_path, name);
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)));
	return fd;
}

static void send_and_close(int to, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { "fd", 2 };
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&head);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(rights), &fd, sizeof(int));
	must(sendmsg(to, &head, 0));
	must(close(fd));
}

static int take_fd(int from)
{
	char control[CMSG_SPACE(sizeof(int))], data[2];
	struct iovec part = { data, 2 };
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	int fd;

	check(must(recvmsg(from, &head, 0)) == 2 && CMSG_FIRSTHDR(&head), "no descriptor");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&head)), sizeof(int));
	return fd;
}

/* A process that is no descendant of ours: its parent ends, and it belongs to who is above. */
static void connect_from_outside(const char *name)
{
	int ready[2];
	char byte;

	must(pipe(ready));
	if (must(fork()) == 0) {
		if (must(fork()) == 0) {
			int client = call(name);

			must(setsid());
			for (int fd = 0; fd < 256; fd++)
				if (fd != client && fd != ready[1])
					close(fd);
			must(write(ready[1], "", 1));
			close(ready[1]);
			for (;;)
				pause();
		}
		_exit(0);
	}
	close(ready[1]);
	check(must(read(ready[0], &byte, 1)) == 1, "nobody connects");
	close(ready[0]);
	wait(NULL);
}

static void end_client(int server)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	must(getsockopt(server, SOL_SOCKET, SO_PEERCRED, &cred, &size));
	must(kill(cred.pid, SIGKILL));
	while (kill(cred.pid, 0) == 0)
		sched_yield();
}

int main(int argc, char **argv)
{
	int first, second, third, pair[2], client, server;
	char byte;

	test_init(argc, argv);
	first = start("first");
	second = start("second");
	third = start("third");
	must(pipe(pair));
	check(must(write(pair[1], "p", 1)) == 1, "short write");
	send_and_close(call("first"), pair[0]);
	must(close(pair[1]));
	client = call("second");
	if (send(client, "!", 1, MSG_OOB) < 0)
		skip("this kernel has no bytes out of band here");
	connect_from_outside("third");
	test_ready();
	test_wait();
	server = must(accept(first, NULL, NULL));
	check(must(read(take_fd(server), &byte, 1)) == 1 && byte == 'p', "another pipe");
	server = must(accept(second, NULL, NULL));
	check(recv(server, &byte, 1, MSG_OOB) == 1 && byte == '!', "the byte out of band is lost");
	end_client(must(accept(third, NULL, NULL)));
	pass();
}
