// SPDX-License-Identifier: GPL-2.0-only
/* A relative sleep lasts at least as long as was asked for, and is not reported as interrupted.
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
	struct timespec time = { .tv_sec = 3 };
	int error = clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);

	check(!error, "clock_nanosleep: %s", strerror(error));
	check(elapsed() >= 2.99, "the sleep ends after %g s instead of 3", elapsed());
}

static void unblock(void)
{
}
