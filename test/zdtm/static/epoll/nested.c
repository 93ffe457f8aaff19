// SPDX-License-Identifier: GPL-2.0-only
/* An epoll in an epoll in an epoll, the outer ones made first and last, and a loop in another process that shares them.
 *
 * kinds: epoll
 */
#include "test.h"

#include <sys/epoll.h>
#include <unistd.h>

static int outer, middle, inner, ends[2];

static void watch(int epoll, int fd, uint64_t data)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = data };

	must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

static void expect(int epoll, int timeout, uint64_t data)
{
	struct epoll_event event;
	int nr = must(epoll_wait(epoll, &event, 1, timeout));

	check(nr == 1 && event.data.u64 == data, "%d events, for %lu instead of %lu", nr,
	      (unsigned long)event.data.u64, (unsigned long)data);
}

static void child(void *arg)
{
	close(ends[1]);
	test_ready();
	test_wait();
	expect(outer, -1, 1);
	expect(middle, 0, 2);
	expect(inner, 0, 3);
}

int main(int argc, char **argv)
{
	struct epoll_event event;
	pid_t pid;

	test_init(argc, argv);
	must(pipe(ends));
	outer = must(epoll_create1(0));
	inner = must(epoll_create1(0));
	middle = must(epoll_create1(0));
	watch(inner, ends[0], 3);
	watch(middle, inner, 2);
	watch(outer, middle, 1);
	pid = test_child(child, NULL);

	test_ready();
	test_wait();

	check(epoll_wait(outer, &event, 1, 0) == 0, "an event out of nothing");
	must(write(ends[1], "", 1));
	expect(outer, 0, 1);
	test_end_child(pid);
	pass();
}
