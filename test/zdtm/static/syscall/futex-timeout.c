// SPDX-License-Identifier: GPL-2.0-only
/* A wait for a futex with a relative time-out ends by the time-out, not by an interruption.
 *
 * flavours: host ns compat
 * not-compared: threads
 */
#define NUMBER SYS_futex
#include "blocked.h"

static int word;

static void prepare(void)
{
}

static void block(void)
{
	struct timespec limit = { .tv_sec = 3 };
	long result = test_futex_wait(&word, 0, &limit);

	check(result == -ETIMEDOUT, "futex returns %ld", result);
	check(elapsed() >= 2.99, "the wait ends after %g s instead of 3", elapsed());
}

static void unblock(void)
{
}
