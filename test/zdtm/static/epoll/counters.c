// SPDX-License-Identifier: GPL-2.0-only
/* Counters and timers in an epoll, all on one inode: a timer that EPOLLONESHOT has disabled goes on silently, an edge of a
 * counter that was told stays told, and numbers that have changed places keep their files.
 *
 * kinds: epoll
 */
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int epoll;

static void watch(int fd, uint32_t events, uint64_t data)
{
	struct epoll_event event = { .events = events, .data.u64 = data };

	must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
}

static void expect(uint64_t data)
{
	struct epoll_event events[4];
	int nr = must(epoll_wait(epoll, events, 4, 0));

	check(nr == (data != 0), "%d events, the first for %lu", nr, (unsigned long)events[0].data.u64);
	check(!nr || events[0].data.u64 == data, "it is for %lu", (unsigned long)events[0].data.u64);
}

static void check_disabled(int number)
{
	char path[64], line[128], wanted[64];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", epoll);
	snprintf(wanted, sizeof(wanted), "tfd: %8d events: 40000000", number);
	file = fopen(path, "r");
	while (file && !found && fgets(line, sizeof(line), file))
		found = !strncmp(line, wanted, strlen(wanted));
	check(found, "the timer is not disabled");
	fclose(file);
}

int main(int argc, char **argv)
{
	struct itimerspec soon = { .it_value.tv_nsec = 1 }, later = { .it_value.tv_sec = 3600 };
	int timer, told, left, right, other;
	struct epoll_event event;
	uint64_t value;

	test_init(argc, argv);
	epoll = must(epoll_create1(0));
	timer = must(timerfd_create(CLOCK_MONOTONIC, 0));
	watch(timer, EPOLLIN | EPOLLONESHOT, 1);
	must(timerfd_settime(timer, 0, &soon, NULL));
	must(epoll_wait(epoll, &event, 1, -1));
	must(read(timer, &value, sizeof(value)));
	must(timerfd_settime(timer, 0, &later, NULL));
	told = must(eventfd(5, 0));
	watch(told, EPOLLIN | EPOLLET, 2);
	left = must(eventfd(0, 0));
	right = must(eventfd(0, 0));
	watch(left, EPOLLIN, 3);
	watch(right, EPOLLIN, 4);
	other = must(dup(left));
	must(dup2(right, left));
	must(dup2(other, right));
	expect(2);

	test_ready();
	test_wait();

	check_disabled(timer);
	expect(0);
	must(eventfd_write(told, 1));
	expect(2);
	must(eventfd_write(left, 1));
	expect(4);
	must(eventfd_read(left, &value));
	must(eventfd_write(right, 1));
	expect(3);
	must(eventfd_read(right, &value));
	must(timerfd_gettime(timer, &later));
	check(later.it_value.tv_sec > 3000, "the timer has %ld seconds left", later.it_value.tv_sec);
	must(timerfd_settime(timer, 0, &soon, NULL));
	must(read(timer, &value, sizeof(value)));
	check(value == 1, "the timer has gone off %lu times", (unsigned long)value);
	expect(0);
	event = (struct epoll_event){ .events = EPOLLIN | EPOLLONESHOT, .data.u64 = 5 };
	must(epoll_ctl(epoll, EPOLL_CTL_MOD, timer, &event));
	must(timerfd_settime(timer, 0, &soon, NULL));
	must(epoll_wait(epoll, &event, 1, -1));
	check(event.data.u64 == 5, "the timer is not enabled again");
	pass();
}
