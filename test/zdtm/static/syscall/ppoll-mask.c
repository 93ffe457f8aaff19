// SPDX-License-Identifier: GPL-2.0-only
/* ppoll waits with a signal mask of its own and puts the old one back.
 *
 * flavours: host ns compat
 */
#define NUMBER SYS_ppoll
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
	sigset_t mask, own, after;
	int n;

	pthread_sigmask(SIG_BLOCK, NULL, &own);
	mask = own;
	sigaddset(&mask, SIGUSR2);
	n = ppoll(&fd, 1, NULL, &mask);
	check(n == 1 && fd.revents == POLLIN, "ppoll returns %d: %s", n, strerror(errno));
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	check(!sigismember(&after, SIGUSR2) && sigismember(&after, SIGTERM), "the mask of before is not back");
}

static void unblock(void)
{
	must(write(ends[1], "x", 1));
}
