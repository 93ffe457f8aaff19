// SPDX-License-Identifier: GPL-2.0-only
/* Parents stop their children and let them go on all the time, and wait for each report, which comes once.
 *
 * flavours: host ns
 * iterations: 10
 * not-compared: children pending state
 */
#include "test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define PARENTS 3

static void sleeper(void *arg)
{
	test_ready();
	for (;;)
		pause();
}

static void expect(pid_t pid, int options, int code)
{
	siginfo_t info = {};

	alarm(60);
	must(waitid(P_PID, pid, &info, options));
	alarm(0);
	check(info.si_code == code && info.si_pid == pid, "code %d of %d, not %d", info.si_code, info.si_pid, code);
	info.si_pid = 0;
	must(waitid(P_PID, pid, &info, WSTOPPED | WCONTINUED | WNOHANG));
	check(!info.si_pid, "code %d is told once more", info.si_code);
}

static void hold(void *arg)
{
	pid_t pid = test_child(sleeper, NULL);

	test_ready();
	while (!test_stopped()) {
		usleep(200);
		must(kill(pid, SIGSTOP));
		expect(pid, WSTOPPED, CLD_STOPPED);
		must(kill(pid, SIGCONT));
		expect(pid, WCONTINUED, CLD_CONTINUED);
	}
	must(kill(pid, SIGKILL));
	must(waitpid(pid, NULL, 0));
}

int main(int argc, char **argv)
{
	pid_t pid[PARENTS];

	test_init(argc, argv);
	for (int i = 0; i < PARENTS; i++)
		pid[i] = test_child(hold, NULL);
	test_ready();
	test_wait();
	for (int i = 0; i < PARENTS; i++)
		test_end_child(pid[i]);
	pass();
}
