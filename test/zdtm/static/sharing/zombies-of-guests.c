// SPDX-License-Identifier: GPL-2.0-only
/* Processes that lived in the memory of another and have ended, and nobody has waited for them: one exited, one was
 * killed. One of them is the child of a guest that lives. The states that wait(2) tells are those of before.
 *
 * kinds: identity
 */
#include "test.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK 65536

static char stacks[4][STACK] __attribute__((aligned(16)));
static volatile pid_t pids[3];
static volatile int state, verdict;

static int exits(void *arg)
{
	_exit(7);
}

static int is_killed(void *arg)
{
	kill(getpid(), SIGKILL);
	return 0;
}

static bool ended_with(pid_t pid, int code, int status)
{
	siginfo_t info = {};

	return waitid(P_PID, pid, &info, WEXITED) == 0 && info.si_code == code && info.si_status == status;
}

static void wait_zombie(pid_t pid)
{
	siginfo_t info;

	must(waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
}

static int lives(void *arg)
{
	test_leave_starter();
	pids[2] = clone(exits, stacks[3] + STACK, CLONE_VM | SIGCHLD, NULL);
	wait_zombie(pids[2]);
	state = 1;
	while (state != 2)
		sched_yield();
	verdict = ended_with(pids[2], CLD_EXITED, 7) ? 1 : 2;
	_exit(0);
}

int main(int argc, char **argv)
{
	pid_t guest;

	test_init(argc, argv);
	pids[0] = must(clone(exits, stacks[0] + STACK, CLONE_VM | SIGCHLD, NULL));
	pids[1] = must(clone(is_killed, stacks[1] + STACK, CLONE_VM | CLONE_FILES | SIGCHLD, NULL));
	wait_zombie(pids[0]);
	wait_zombie(pids[1]);
	guest = must(clone(lives, stacks[2] + STACK, CLONE_VM | SIGCHLD, NULL));
	while (state != 1)
		sched_yield();
	test_ready();
	test_wait();
	check(ended_with(pids[0], CLD_EXITED, 7), "the first did not exit with 7");
	check(ended_with(pids[1], CLD_KILLED, SIGKILL), "the second was not killed");
	state = 2;
	must(waitpid(guest, NULL, 0));
	check(verdict == 1, "the child of the guest did not exit with 7");
	pass();
}
