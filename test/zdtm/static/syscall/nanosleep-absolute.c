// SPDX-License-Identifier: GPL-2.0-only
/* A sleep until a point in time ends then, and is not reported as interrupted.
 *
 * flavours: host ns compat
 * not-compared: threads
 */
#define NUMBER SYS_clock_nanosleep
#include "blocked.h"

static void prepare(void)
{
}

static void block(void)
{
	struct timespec time;
	int error;

	clock_gettime(CLOCK_REALTIME, &time);
	time.tv_sec += 3;
	error = clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, NULL);
	check(!error, "clock_nanosleep: %s", strerror(error));
	check(elapsed() >= 2.99, "the sleep ends after %g s instead of 3", elapsed());
}

static void unblock(void)
{
}
