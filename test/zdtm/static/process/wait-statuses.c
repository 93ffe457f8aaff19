// SPDX-License-Identifier: GPL-2.0-only
/* What waitid(2) has told of stopped and continued children, and what it has not told yet; nothing is told twice.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STOPPED_TOLD, STOPPED, CONTINUED_TOLD, CONTINUED, CONTINUED_TOO, RUNNING, CHILDREN };

static volatile sig_atomic_t told;

static void count(int sig)
{
	told++;
}

static void on_continue(int sig)
{
}

static void sleeper(void *arg)
{
	signal(SIGCONT, on_continue);
	test_ready();
	test_wait();
}

static void wait_for_state(pid_t pid, char wanted)
{
	char state[64];

	do {
		usleep(1000);
		test_proc_line(pid, "status", "State", state, sizeof(state));
	} while (state[0] != wanted);
}

/* 0: nothing to be told. */
static int ask(pid_t pid)
{
	siginfo_t info = {};

	must(waitid(P_PID, pid, &info, WSTOPPED | WCONTINUED | WNOHANG));
	check(!info.si_pid || (info.si_pid == pid && info.si_uid == getuid()), "process %d of user %d",
	      info.si_pid, info.si_uid);
	return info.si_pid ? info.si_code : 0;
}

static pid_t child(bool goes_on)
{
	pid_t pid = test_child(sleeper, NULL);

	wait_for_state(pid, 'S');
	must(kill(pid, SIGSTOP));
	wait_for_state(pid, 'T');
	if (goes_on) {
		check(ask(pid) == CLD_STOPPED, "not told of a stop");
		must(kill(pid, SIGCONT));
		wait_for_state(pid, 'S');
	}
	return pid;
}

int main(int argc, char **argv)
{
	static const int expected[CHILDREN] = {
		[STOPPED] = CLD_STOPPED, [CONTINUED] = CLD_CONTINUED, [CONTINUED_TOO] = CLD_CONTINUED
	};
	struct sigaction action = { .sa_handler = count, .sa_flags = SA_RESTART };
	pid_t pid[CHILDREN];
	int before;

	test_init(argc, argv);
	must(sigaction(SIGCHLD, &action, NULL));
	for (int i = 0; i < CHILDREN - 1; i++)
		pid[i] = child(i >= CONTINUED_TOLD);
	pid[RUNNING] = test_child(sleeper, NULL);
	check(ask(pid[STOPPED_TOLD]) == CLD_STOPPED, "not told of a stop");
	check(ask(pid[CONTINUED_TOLD]) == CLD_CONTINUED, "not told that it goes on");
	before = told;
	test_ready();
	test_wait();
	check(told == before, "%d signals instead of %d", told, before);
	for (int i = 0; i < CHILDREN; i++) {
		int code = ask(pid[i]);

		check(code == expected[i], "child %d: code %d instead of %d", i, code, expected[i]);
		check(ask(pid[i]) == 0, "child %d: told twice", i);
	}
	for (int i = STOPPED_TOLD; i <= STOPPED; i++)
		must(kill(pid[i], SIGCONT));
	for (int i = 0; i < CHILDREN; i++)
		test_end_child(pid[i]);
	pass();
}
