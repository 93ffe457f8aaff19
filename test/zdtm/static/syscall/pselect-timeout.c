// SPDX-License-Identifier: GPL-2.0-only
/* pselect with a time-out ends by it, not before and with no error.
 *
 * flavours: host ns compat
 * not-compared: threads
 */
#define NUMBER SYS_pselect6
#include "blocked.h"

#include <sys/select.h>

static void prepare(void)
{
}

static void block(void)
{
	struct timespec limit = { .tv_sec = 3 };
	int n = pselect(0, NULL, NULL, NULL, &limit, NULL);

	check(n == 0, "pselect returns %d: %s", n, strerror(errno));
	check(elapsed() >= 2.99, "pselect ends after %g s instead of 3", elapsed());
}

static void unblock(void)
{
}
