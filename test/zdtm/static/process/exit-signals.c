// SPDX-License-Identifier: GPL-2.0-only
/* Children whose end is told by another signal than SIGCHLD, or by none (clone(2)).
 *
 * flavours: host ns
 */
#include "test.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t came[NSIG];

static void note(int signal)
{
	came[signal]++;
}

static pid_t child(int signal)
{
	pid_t pid = (pid_t)must(syscall(SYS_clone, (long)signal, 0, 0, 0, 0));

	if (pid)
		return pid;
	test_leave_starter();
	test_wait();
	_exit(0);
}

int main(int argc, char **argv)
{
	const int signals[] = { SIGUSR1, 0, SIGRTMAX, SIGCHLD };
	pid_t pids[ARRAY_SIZE(signals)];
	int status;

	test_init(argc, argv);
	signal(SIGUSR1, note);
	signal(SIGRTMAX, note);
	signal(SIGCHLD, note);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		pids[i] = child(signals[i]);
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
		bool clone = signals[i] != SIGCHLD;
		int before = came[signals[i]];

		must(kill(pids[i], SIGTERM));
		while (waitpid(pids[i], &status, clone ? __WCLONE : 0) < 0)
			;
		check(status == 0, "child %zu ended with wait status %#x", i, (unsigned int)status);
		check(!signals[i] || came[signals[i]] == before + 1, "signal %d came %d times", signals[i],
		      came[signals[i]] - before);
	}
	check(came[SIGCHLD] == 1, "SIGCHLD came %d times", came[SIGCHLD]);
	pass();
}
