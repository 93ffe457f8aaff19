// SPDX-License-Identifier: GPL-2.0-only
/* A process that outlives the one it watches. */
#include "criu/util/guardian.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

void guardian_step_aside(void)
{
	sigset_t all;

	setpgid(0, 0);
	prctl(PR_SET_NAME, "guardian");
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

void guardian_wait_for_end(int pidfd)
{
	struct pollfd poller = { .fd = pidfd, .events = POLLIN };

	while (poll(&poller, 1, -1) < 0 && errno == EINTR)
		;
}
