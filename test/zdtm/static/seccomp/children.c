// SPDX-License-Identifier: GPL-2.0-only
/* Children inherit filters and add their own; the parent has none of those.
 *
 * flavours: host ns
 */
#include "filter.h"

static void check_own(int generation)
{
	check(errno_of(SYS_getpgid) == 20 + generation, "generation %d: getpgid was answered with %d",
	      generation, errno_of(SYS_getpgid));
	check(status_number(getpid(), "Seccomp_filters") == 1 + 2 * generation,
	      "generation %d has %d filters", generation, status_number(getpid(), "Seccomp_filters"));
}

static void body(void *arg)
{
	int generation = (int)(intptr_t)arg;
	pid_t pid = 0;

	must(answer(SYS_getsid, with_errno(11), 0));
	must(answer(SYS_getpgid, with_errno(20 + (unsigned int)generation), 0));
	if (generation < 3)
		pid = test_child(body, (void *)(intptr_t)(generation + 1));
	test_ready();
	test_wait();
	check_own(generation);
	if (pid)
		test_end_child(pid);
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(answer(SYS_getpgid, with_errno(20), 0));
	pid = test_child(body, (void *)1);
	test_ready();
	test_wait();
	check_own(0);
	test_end_child(pid);
	pass();
}
