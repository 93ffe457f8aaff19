// SPDX-License-Identifier: GPL-2.0-only
/* A stopped child stays stopped, and goes on when it gets SIGCONT.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void sleeper(void *arg)
{
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	char state[64];
	pid_t pid;
	int status;

	test_init(argc, argv);
	pid = test_child(sleeper, NULL);
	must(kill(pid, SIGSTOP));
	must(waitpid(pid, &status, WUNTRACED));
	check(WIFSTOPPED(status), "the child has status %#x instead of stopped", status);
	test_ready();
	test_wait();
	test_proc_line(pid, "status", "State", state, sizeof(state));
	check(state[0] == 'T', "the stopped child has state %s", state);
	must(kill(pid, SIGCONT));
	must(waitpid(pid, &status, WCONTINUED));
	check(WIFCONTINUED(status), "after SIGCONT the child has status %#x", status);
	test_end_child(pid);
	pass();
}
