// SPDX-License-Identifier: GPL-2.0-only
/* Writers that wait because a queue is full: of a pair of datagram sockets, of a sequence of packets, and one of
 * several who send to a socket by its name. They go on when it is read, and nothing is lost, or comes twice.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 1000

static void wait_blocked(pid_t pid)
{
	char path[40], line[100] = { 0 };
	long number = -1;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	while (number != SYS_sendto) {
		int fd = must(open(path, O_RDONLY));

		must(read(fd, line, sizeof(line) - 1));
		must(close(fd));
		number = strtol(line, NULL, 10);
		check(line[0] != '-', "the writer has ended");
	}
}

/* Every message has its number; what does not fit is sent by a child, which waits. */
static pid_t fill(int to, int *ret_sent)
{
	char message[SIZE];
	int nr = 0;
	pid_t pid;

	for (;; nr++) {
		test_fill(message, SIZE, (uint32_t)nr);
		if (send(to, message, SIZE, MSG_DONTWAIT) < SIZE)
			break;
	}
	check(nr > 3, "only %d messages fit", nr);
	pid = must(fork());
	if (!pid) {
		test_leave_starter();
		for (int i = 0; i < 3; i++) {
			test_fill(message, SIZE, (uint32_t)(nr + i));
			must(send(to, message, SIZE, 0));
		}
		_exit(0);
	}
	wait_blocked(pid);
	*ret_sent = nr + 3;
	return pid;
}

static void empty(const char *what, int from, pid_t pid, int nr)
{
	char message[SIZE];
	int status;

	for (int i = 0; i < nr; i++) {
		check(recv(from, message, SIZE, MSG_WAITALL) == SIZE, "%s: message %d of %d: %m", what, i, nr);
		check(test_differs(message, SIZE, (uint32_t)i) < 0, "%s: message %d is another one", what, i);
	}
	must(waitpid(pid, &status, 0));
	check(WIFEXITED(status) && !WEXITSTATUS(status), "%s: the writer ended with %#x", what, status);
	check(recv(from, message, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, "%s: there is more", what);
}

int main(int argc, char **argv)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };
	static const char *const names[] = { "datagrams", "packets" };
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "named" };
	int pairs[2][2], sent[3], receiver, sender;
	pid_t pids[3];

	test_init(argc, argv);
	for (int i = 0; i < 2; i++) {
		must(socketpair(AF_UNIX, types[i], 0, pairs[i]));
		pids[i] = fill(pairs[i][0], &sent[i]);
	}
	receiver = must(socket(AF_UNIX, SOCK_DGRAM, 0));
	must(bind(receiver, (struct sockaddr *)&address, sizeof(address)));
	sender = must(socket(AF_UNIX, SOCK_DGRAM, 0));
	must(connect(sender, (struct sockaddr *)&address, sizeof(address)));
	pids[2] = fill(sender, &sent[2]);

	test_ready();
	test_wait();

	for (int i = 0; i < 2; i++)
		empty(names[i], pairs[i][1], pids[i], sent[i]);
	empty("named", receiver, pids[2], sent[2]);
	pass();
}
