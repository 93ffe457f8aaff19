// SPDX-License-Identifier: GPL-2.0-only
/* poll with a time-out, a call that the kernel restarts by restart_syscall, ends by its time-out and not before it.
 *
 * flavours: host ns compat
 * not-compared: threads
 */
#define NUMBER SYS_poll
#include "blocked.h"

#include <poll.h>

static void prepare(void)
{
}

static void block(void)
{
	int n = poll(NULL, 0, 3000);

	check(n == 0, "poll returns %d: %s", n, strerror(errno));
	check(elapsed() >= 2.99, "poll ends after %g s instead of 3", elapsed());
}

static void unblock(void)
{
}
