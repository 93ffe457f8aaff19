// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of signals in an epoll tell of those of the task that added them: one in each of two processes.
 *
 * kinds: epoll
 */
#include "test.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void watch(int *epoll, int *fd, uint64_t data)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = data };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	*epoll = must(epoll_create1(0));
	*fd = must(signalfd(-1, &set, SFD_NONBLOCK));
	must(epoll_ctl(*epoll, EPOLL_CTL_ADD, *fd, &event));
}

static void expect(int epoll, int fd, uint64_t data)
{
	struct signalfd_siginfo info;
	struct epoll_event event;
	int nr = must(epoll_wait(epoll, &event, 1, -1));

	check(nr == 1 && event.data.u64 == data, "%d events, for %lu", nr, (unsigned long)event.data.u64);
	check(read(fd, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == SIGUSR1, "no signal");
}

static void child(void *arg)
{
	int epoll, fd;

	watch(&epoll, &fd, 1);
	raise(SIGUSR1);
	test_ready();
	test_wait();
	expect(epoll, fd, 1);
	raise(SIGUSR1);
	expect(epoll, fd, 1);
}

int main(int argc, char **argv)
{
	struct epoll_event event;
	int epoll, fd;
	pid_t pid;

	test_init(argc, argv);
	watch(&epoll, &fd, 2);
	pid = test_child(child, NULL);

	test_ready();
	test_wait();

	check(epoll_wait(epoll, &event, 1, 0) == 0, "a signal out of nothing");
	raise(SIGUSR1);
	expect(epoll, fd, 2);
	test_end_child(pid);
	pass();
}
