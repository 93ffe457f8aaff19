// SPDX-License-Identifier: GPL-2.0-only
/* A thread that waits for a signal gets the one sent after the restore, with its value.
 *
 * flavours: host ns compat
 */
#define NUMBER SYS_rt_sigtimedwait
#include "blocked.h"

static sigset_t waited;

static void prepare(void)
{
	sigemptyset(&waited);
	sigaddset(&waited, SIGRTMIN + 3);
	pthread_sigmask(SIG_BLOCK, &waited, NULL);
}

static void block(void)
{
	siginfo_t info;
	int sig = sigwaitinfo(&waited, &info);

	check(sig == SIGRTMIN + 3, "sigwaitinfo returns %d: %s", sig, strerror(errno));
	check(info.si_value.sival_int == 4711, "the value is %d", info.si_value.sival_int);
}

static void unblock(void)
{
	must(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){ .sival_int = 4711 }));
}
