// SPDX-License-Identifier: GPL-2.0-only
/* Signals that wait for a process stay queued in their order, with sender, code and value.
 *
 * flavours: host ns compat
 * kinds: signals
 */
#include "test.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#define QUEUED 20

int main(int argc, char **argv)
{
	struct timespec at_once = {};
	siginfo_t info;
	sigset_t set;
	uid_t uid = getuid();
	pid_t pid;

	test_init(argc, argv);
	pid = getpid();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN + 1);
	sigaddset(&set, SIGRTMIN + 2);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	must(kill(pid, SIGUSR1));
	for (int i = 0; i < QUEUED; i++)
		must(sigqueue(pid, SIGRTMIN + 1 + i % 2, (union sigval){ .sival_int = 1000 + i }));
	test_ready();
	test_wait();
	check(sigtimedwait(&set, &info, &at_once) == SIGUSR1, "SIGUSR1 is not pending");
	check(info.si_code == SI_USER && info.si_pid == pid && info.si_uid == uid,
	      "SIGUSR1 has code %d from %d", info.si_code, info.si_pid);
	for (int n = 0; n < QUEUED; n++) {
		int i = n < QUEUED / 2 ? 2 * n : 2 * (n - QUEUED / 2) + 1,
		    sig = sigtimedwait(&set, &info, &at_once);

		check(sig == SIGRTMIN + 1 + i % 2, "signal %d of the queue is %d", n, sig);
		check(info.si_code == SI_QUEUE && info.si_pid == pid, "signal %d has code %d", n, info.si_code);
		check(info.si_value.sival_int == 1000 + i, "signal %d has value %d", n, info.si_value.sival_int);
	}
	check(sigtimedwait(&set, &info, &at_once) == -1, "there is one signal too many");
	pass();
}
