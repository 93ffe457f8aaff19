// SPDX-License-Identifier: GPL-2.0-only
/* Absolute timers by the clock of the day are due at that time of day, however long the dump lasts; and a periodic timer
 * that has expired many times and rests, since nobody has read of it, goes on in step.
 *
 * kinds: timerfd
 */
#include "test.h"

#include <errno.h>
#include <poll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NSEC 1000000000LL
#define MSEC 1000000LL

static long long now(clockid_t clock)
{
	struct timespec time;

	must(clock_gettime(clock, &time));
	return time.tv_sec * NSEC + time.tv_nsec;
}

static int make(clockid_t clock, int flags, long long value, long long interval)
{
	int fd = must(timerfd_create(clock, TFD_NONBLOCK));
	struct itimerspec wanted = { { interval / NSEC, interval % NSEC }, { value / NSEC, value % NSEC } };

	must(timerfd_settime(fd, flags, &wanted, NULL));
	return fd;
}

static long long left(int fd)
{
	struct itimerspec left;

	must(timerfd_gettime(fd, &left));
	return left.it_value.tv_sec * NSEC + left.it_value.tv_nsec;
}

static unsigned long long ticks(int fd)
{
	unsigned long long count = 0;

	check(read(fd, &count, sizeof(count)) == sizeof(count), "timer %d has no ticks", fd);
	return count;
}

int main(int argc, char **argv)
{
	int later, periodic, resting, wall;
	long long start, due, before, after, first;
	unsigned long long count;
	struct pollfd wanted;

	test_init(argc, argv);
	start = now(CLOCK_REALTIME);
	due = start + 3000 * NSEC;
	later = make(CLOCK_REALTIME, TFD_TIMER_ABSTIME, due, 0);
	periodic = make(CLOCK_REALTIME, TFD_TIMER_ABSTIME, start, 10 * MSEC);
	wall = make(CLOCK_REALTIME, TFD_TIMER_ABSTIME, start + 1000 * NSEC, 10 * MSEC);
	first = now(CLOCK_MONOTONIC);
	resting = make(CLOCK_MONOTONIC, 0, MSEC, MSEC);
	wanted = (struct pollfd){ .fd = resting, .events = POLLIN };
	check(must(poll(&wanted, 1, -1)) == 1, "no expiration");
	while (now(CLOCK_MONOTONIC) < first + 60 * MSEC)
		;
	test_ready();
	test_wait();

	before = now(CLOCK_REALTIME) + left(later);
	after = now(CLOCK_REALTIME) + left(later);
	check(after >= due && before <= due + 2 * NSEC, "it is due at %lld instead of %lld", before, due);
	check(left(wall) > 0, "the timer of tomorrow is not armed");
	/* All of its expirations, also those of the time between dump and restore. */
	before = (now(CLOCK_REALTIME) - start) / (10 * MSEC);
	count = ticks(periodic);
	after = (now(CLOCK_REALTIME) - start) / (10 * MSEC) + 2;
	check(count + 2 >= (unsigned long long)before && count <= (unsigned long long)after,
	      "the periodic one has %llu ticks instead of %lld to %lld", count, before, after);
	count = ticks(resting);
	check(count >= 59, "the resting one has %llu ticks", count);
	check(poll(&wanted, 1, -1) == 1, "the resting one does not go on");
	pass();
}
