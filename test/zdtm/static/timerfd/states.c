// SPDX-License-Identifier: GPL-2.0-only
/* Timers behind descriptors in each state they can be in: never armed, disarmed with an interval, running, absolute, to
 * be cancelled when the clock is set, expired once or many times and not read; by each clock.
 *
 * kinds: timerfd
 * iterations: 2
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SET_TICKS _IOW('T', 0, uint64_t)

static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME_ALARM,
				    CLOCK_BOOTTIME_ALARM };

static int make(clockid_t clock, int flags, time_t value, time_t interval)
{
	int fd = must(timerfd_create(clock, TFD_NONBLOCK));
	struct itimerspec wanted = { .it_value.tv_sec = value, .it_interval.tv_sec = interval };

	must(timerfd_settime(fd, flags, &wanted, NULL));
	return fd;
}

static unsigned int settime_flags(int fd)
{
	char file[32], value[32];
	unsigned int flags = 77;

	snprintf(file, sizeof(file), "fdinfo/%d", fd);
	test_proc_line(getpid(), file, "settime flags", value, sizeof(value));
	sscanf(value, "%o", &flags);
	return flags;
}

/* What is left is at most @value, and that it has lasted a while is no fault. */
static void check_left(int fd, time_t value, time_t interval, unsigned int flags)
{
	struct itimerspec left;

	must(timerfd_gettime(fd, &left));
	check(left.it_value.tv_sec <= value && left.it_value.tv_sec > value - 300,
	      "timer %d: %ld s of %ld left", fd, (long)left.it_value.tv_sec, (long)value);
	check(left.it_interval.tv_sec == interval && !left.it_interval.tv_nsec, "timer %d: interval %ld", fd,
	      (long)left.it_interval.tv_sec);
	check(settime_flags(fd) == flags, "timer %d: flags %u", fd, settime_flags(fd));
}

/* Due at that time of day, give or take what a busy machine needs to look, however long the tree did not exist. */
static void check_due(int fd, time_t due, time_t interval, unsigned int flags)
{
	struct itimerspec left;
	time_t early;

	must(timerfd_gettime(fd, &left));
	early = due - time(NULL) - left.it_value.tv_sec;
	check(early >= -30 && early <= 30, "timer %d: %ld s too early", fd, (long)early);
	check(left.it_interval.tv_sec == interval && !left.it_interval.tv_nsec, "timer %d: interval %ld", fd,
	      (long)left.it_interval.tv_sec);
	check(settime_flags(fd) == flags, "timer %d: flags %u", fd, settime_flags(fd));
}

static uint64_t ticks(int fd)
{
	uint64_t count = 0;
	ssize_t size = read(fd, &count, sizeof(count));

	check(size == sizeof(count) || (size < 0 && errno == EAGAIN), "timer %d: %m", fd);
	return count;
}

static void wait_for(int fd)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };

	check(must(poll(&wanted, 1, -1)) == 1, "no expiration");
}

int main(int argc, char **argv)
{
	int running[ARRAY_SIZE(clocks)], unused, resting, absolute, cancelled, once, pending;
	struct itimerspec soon = { .it_value.tv_nsec = 1 }, disarmed = { .it_interval.tv_sec = 9 };
	uint64_t many = 1UL << 33;
	time_t due;

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
		running[i] = make(clocks[i], 0, 5000, i);
	unused = must(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	resting = must(timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK));
	must(timerfd_settime(resting, 0, &disarmed, NULL));
	due = time(NULL) + 50000;
	absolute = make(CLOCK_REALTIME, TFD_TIMER_ABSTIME, due, 60);
	cancelled = make(CLOCK_REALTIME, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, due, 0);
	once = must(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	must(timerfd_settime(once, 0, &soon, NULL));
	wait_for(once);
	pending = make(CLOCK_MONOTONIC, 0, 5000, 5000);
	must(ioctl(pending, SET_TICKS, &many));

	test_ready();
	test_wait();

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		check_left(running[i], 5000, i, 0);
		check(!ticks(running[i]), "clock %d: it has expired", clocks[i]);
	}
	check_left(unused, 0, 0, 0);
	check_left(resting, 0, 9, 0);
	check_due(absolute, due, 60, TFD_TIMER_ABSTIME);
	check_due(cancelled, due, 0, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
	check(!ticks(unused) && !ticks(resting) && !ticks(absolute) && !ticks(cancelled), "ticks from nowhere");
	check(ticks(once) == 1 && !ticks(once), "the expired one has not expired");
	check_left(once, 0, 0, 0);
	check(ticks(pending) == many && !ticks(pending), "the ticks are others");
	check_left(pending, 5000, 5000, 0);
	pass();
}
