// SPDX-License-Identifier: GPL-2.0-only
/* sigsuspend waits with its own mask, runs the handler after the restore and puts the old mask back.
 *
 * flavours: host ns compat
 */
#define NUMBER SYS_rt_sigsuspend
#include "blocked.h"

static volatile int handled;
static pthread_t suspended;

static void handler(int sig)
{
	handled = sig;
}

static void prepare(void)
{
	struct sigaction action = { .sa_handler = handler };
	sigset_t mask;

	must(sigaction(SIGUSR1, &action, NULL));
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
}

static void block(void)
{
	sigset_t mask, after;

	suspended = pthread_self();
	sigfillset(&mask);
	sigdelset(&mask, SIGUSR1);
	sigsuspend(&mask);
	check(handled == SIGUSR1, "sigsuspend ends without its signal");
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	check(sigismember(&after, SIGUSR1) && !sigismember(&after, SIGUSR2), "the mask of before is not back");
}

static void unblock(void)
{
	pthread_kill(suspended, SIGUSR1);
}
