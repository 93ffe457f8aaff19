// SPDX-License-Identifier: GPL-2.0-only
/* Process groups whose leader has gone to another one: to that of its parent, and to one whose leader has ended. A zombie
 * can have done so, too.
 *
 * flavours: host ns compat
 */
#include "test.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STAYS, ELSEWHERE, ZOMBIE, LEADERS };

static pid_t *groups, ended;

/* Founds a group, leaves a child in it, and goes to another one. */
static void leave(void *arg)
{
	int which = (int)(long)arg;
	pid_t target = which == ELSEWHERE ? ended : getpgrp(), child;
	siginfo_t info;

	must(setpgid(0, 0));
	child = must(fork());
	if (!child) {
		test_leave_starter();
		test_wait();
		_exit(getpgrp() == getppid() || which == ZOMBIE ? 0 : 1);
	}
	groups[which] = child;
	must(setpgid(0, target));
	test_ready();
	if (which == ZOMBIE)
		_exit(5);
	test_wait();
	check(getpgrp() == target, "the group is %d instead of %d", getpgrp(), target);
	check(getpgid(child) == getpid(), "the child's group is %d", getpgid(child));
	must(kill(child, SIGTERM));
	must(waitid(P_PID, child, &info, WEXITED));
	check(info.si_code == CLD_EXITED && !info.si_status, "the child ended with %d", info.si_status);
	_exit(0);
}

static void idle(void *arg)
{
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	pid_t leaders[LEADERS], member, group;
	siginfo_t info;

	test_init(argc, argv);
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	groups = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ended = test_child(idle, NULL);
	must(setpgid(ended, ended));
	member = test_child(idle, NULL);
	must(setpgid(member, ended));
	test_end_child(ended);
	for (int i = 0; i < LEADERS; i++)
		leaders[i] = test_child(leave, (void *)(long)i);
	must(waitid(P_PID, leaders[ZOMBIE], &info, WEXITED | WNOWAIT));
	group = getpgid(leaders[ZOMBIE]);
	test_ready();
	test_wait();
	check(getpgid(member) == ended && getpgid(leaders[ELSEWHERE]) == ended,
	      "who was in the group of a dead leader is not");
	check(getpgid(leaders[ZOMBIE]) == group, "the group of the zombie is %d", getpgid(leaders[ZOMBIE]));
	check(getpgid(groups[ZOMBIE]) == leaders[ZOMBIE], "the group of its child is %d", getpgid(groups[ZOMBIE]));
	test_end_child(leaders[STAYS]);
	test_end_child(leaders[ELSEWHERE]);
	test_end_child(member);
	must(waitid(P_PID, leaders[ZOMBIE], &info, WEXITED));
	check(info.si_status == 5, "the zombie ended with %d", info.si_status);
	must(kill(groups[ZOMBIE], SIGTERM));
	must(waitid(P_PID, groups[ZOMBIE], &info, WEXITED));
	pass();
}
