// SPDX-License-Identifier: GPL-2.0-only
/* An epoll watches a pipe that only a process outside of the tree has open: it cannot be named.
 *
 * refuses: watches what was descriptor 900; process; (EPOLL_CTL_DEL)
 */
#include "test.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#define NUMBER 900

/* Not ours any more, but init's; ends when the test does. */
static void leave_holder(int life[2])
{
	pid_t pid = must(fork());
	char byte;

	if (pid) {
		must(waitpid(pid, NULL, 0));
		return;
	}
	if (fork())
		_exit(0);
	setsid();
	test_leave_starter();
	close(life[1]);
	read(life[0], &byte, 1);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 1 };
	int epoll, ends[2], life[2];

	test_init(argc, argv);
	epoll = must(epoll_create1(0));
	must(pipe(ends));
	must(pipe(life));
	must(dup2(ends[0], NUMBER));
	must(epoll_ctl(epoll, EPOLL_CTL_ADD, NUMBER, &event));
	leave_holder(life);
	close(NUMBER);
	close(ends[0]);

	test_ready();
	test_wait();

	must(write(ends[1], "", 1));
	check(epoll_wait(epoll, &event, 1, 0) == 1, "the pipe is not watched any more");
	pass();
}
