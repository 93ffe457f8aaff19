// SPDX-License-Identifier: GPL-2.0-only
/* A task that is dumped inside a signal handler returns from it to where it was, with all registers.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t handled;

static void handler(int sig, siginfo_t *info, void *context)
{
	check(info->si_value.sival_int == 99, "the value is %d", info->si_value.sival_int);
	test_ready();
	test_wait();
	check(info->si_value.sival_int == 99, "the value is %d after the restore", info->si_value.sival_int);
	handled++;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	double before = getpid() / 7.0, after;
	sigset_t mask;

	test_init(argc, argv);
	before = getpid() / 7.0;
	after = before * 3;
	must(sigaction(SIGUSR1, &action, NULL));
	must(sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 99 }));
	check(handled == 1, "the handler ran %d times", handled);
	check(after == before * 3, "a floating point variable has changed");
	must(sigprocmask(SIG_BLOCK, NULL, &mask));
	check(!sigismember(&mask, SIGUSR1), "the signal of the handler is still blocked");
	pass();
}
