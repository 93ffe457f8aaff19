// SPDX-License-Identifier: GPL-2.0-only
/* poll without a time-out goes on waiting for its descriptor.
 *
 * flavours: host ns compat
 */
#define NUMBER SYS_poll
#include "blocked.h"

#include <poll.h>

static int ends[2];

static void prepare(void)
{
	must(pipe(ends));
}

static void block(void)
{
	struct pollfd fd = { .fd = ends[0], .events = POLLIN };
	int n = poll(&fd, 1, -1);

	check(n == 1 && fd.revents == POLLIN, "poll returns %d: %s", n, strerror(errno));
}

static void unblock(void)
{
	must(write(ends[1], "x", 1));
}
