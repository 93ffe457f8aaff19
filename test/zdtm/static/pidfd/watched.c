// SPDX-License-Identifier: GPL-2.0-only
/* An epoll, made first, watches a counter, timers, a signal descriptor, and processes: those that were ready are told
 * after the restore, the others when something happens.
 *
 * kinds: pidfd eventfd timerfd signalfd epoll
 * iterations: 2
 */
#include "test.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FULL, EMPTY, EXPIRED, RUNNING, SIGNAL, GONE, CHILD, NR };

static int epoll, fds[NR];

static void watch(int number, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = number };

	fds[number] = fd;
	must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

static unsigned int ready(int timeout)
{
	struct epoll_event events[NR];
	unsigned int all = 0;
	int nr = must(epoll_wait(epoll, events, NR, timeout));

	for (int i = 0; i < nr; i++)
		all |= 1U << events[i].data.u32;
	return all;
}

static void wait_for_end(void *arg)
{
	test_ready();
	test_wait();
}

static int timer(uint64_t ticks)
{
	struct itimerspec wanted = { .it_value.tv_sec = 5000 };
	int fd = must(timerfd_create(CLOCK_MONOTONIC, 0));

	must(timerfd_settime(fd, 0, &wanted, NULL));
	if (ticks)
		must(ioctl(fd, _IOW('T', 0, uint64_t), &ticks));
	return fd;
}

static void make_all(pid_t child)
{
	pid_t pid;
	sigset_t set;

	watch(CHILD, must(syscall(SYS_pidfd_open, child, 0)));
	watch(FULL, must(eventfd(3, 0)));
	watch(EMPTY, must(eventfd(0, 0)));
	watch(EXPIRED, timer(1));
	watch(RUNNING, timer(0));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	watch(SIGNAL, must(signalfd(-1, &set, 0)));
	pid = must(fork());
	if (!pid)
		_exit(0);
	watch(GONE, must(syscall(SYS_pidfd_open, pid, 0)));
	must(waitpid(pid, NULL, 0));
}

int main(int argc, char **argv)
{
	const unsigned int before = 1 << FULL | 1 << EXPIRED | 1 << GONE;
	struct itimerspec soon = { .it_value.tv_nsec = 1 };
	pid_t child;

	test_init(argc, argv);
	epoll = must(epoll_create1(0));
	child = test_child(wait_for_end, NULL);
	make_all(child);
	test_ready();
	test_wait();
	check(ready(0) == before, "ready are %#x", ready(0));
	must(kill(getpid(), SIGUSR1));
	check(ready(0) == (before | 1 << SIGNAL), "ready with the signal are %#x", ready(0));
	must(eventfd_write(fds[EMPTY], 1));
	check(ready(0) == (before | 1 << SIGNAL | 1 << EMPTY), "ready with the counter are %#x", ready(0));
	test_end_child(child);
	must(timerfd_settime(fds[RUNNING], 0, &soon, NULL));
	while (ready(-1) != (1 << NR) - 1)
		;
	pass();
}
