// SPDX-License-Identifier: GPL-2.0-only
/* Edges: one that was told is not told again while its data lie there, one that was not told is told, and new data make a
 * new one.
 *
 * kinds: epoll
 */
#include "test.h"

#include <sys/epoll.h>
#include <unistd.h>

static int watch(uint32_t events, int pipes[][2], int nr)
{
	int epoll = must(epoll_create1(0));

	for (int i = 0; i < nr; i++) {
		struct epoll_event event = { .events = events, .data.u64 = i };

		must(pipe(pipes[i]));
		must(epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[i][0], &event));
	}
	return epoll;
}

int main(int argc, char **argv)
{
	int told[3][2], untold[2][2], first, second, nr;
	struct epoll_event events[4];

	test_init(argc, argv);
	first = watch(EPOLLIN | EPOLLET, told, 3);
	must(write(told[0][1], "told", 4));
	must(write(told[1][1], "told", 4));
	nr = must(epoll_wait(first, events, 4, 0));
	check(nr == 2, "%d edges", nr);
	second = watch(EPOLLIN | EPOLLET | EPOLLRDHUP, untold, 2);
	must(write(untold[1][1], "not told", 8));

	test_ready();
	test_wait();

	nr = must(epoll_wait(first, events, 4, 0));
	check(nr == 0, "%d edges are told once more", nr);
	nr = must(epoll_wait(second, events, 4, 0));
	check(nr == 1 && events[0].data.u64 == 1, "the edge that was not told is lost");
	must(write(told[1][1], "more", 4));
	must(write(told[2][1], "first", 5));
	nr = must(epoll_wait(first, events, 4, 0));
	check(nr == 2, "%d new edges", nr);
	check(events[0].data.u64 + events[1].data.u64 == 3, "wrong edges");
	pass();
}
