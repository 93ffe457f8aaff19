// SPDX-License-Identifier: GPL-2.0-only
/* An epoll with three thousand targets: each is found again by its number.
 *
 * kinds: epoll
 */
#include "test.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define NR 3000

int main(int argc, char **argv)
{
	static struct epoll_event events[NR];
	static bool seen[NR];
	struct rlimit limit;
	int epoll, ends[2], nr;

	test_init(argc, argv);
	must(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	must(setrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_max < 2 * NR)
		skip("the hard limit of open files is below %d", 2 * NR);
	epoll = must(epoll_create1(0));
	must(pipe(ends));
	for (int i = 0; i < NR; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u64 = i };

		must(epoll_ctl(epoll, EPOLL_CTL_ADD, must(dup(ends[0])), &event));
	}

	test_ready();
	test_wait();

	check(epoll_wait(epoll, events, NR, 0) == 0, "an event out of nothing");
	must(write(ends[1], "", 1));
	nr = must(epoll_wait(epoll, events, NR, 0));
	check(nr == NR, "%d targets", nr);
	for (int i = 0; i < nr; i++) {
		check(events[i].data.u64 < NR && !seen[events[i].data.u64], "one is there twice");
		seen[events[i].data.u64] = true;
	}
	pass();
}
