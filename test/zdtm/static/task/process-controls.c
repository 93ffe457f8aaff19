// SPDX-License-Identifier: GPL-2.0-only
/* What prctl keeps for a process: dumpable, child sub-reaper, transparent huge pages, parent death signal, timer slack.
 *
 * flavours: host ns compat
 */
#include "test.h"

#include <signal.h>
#include <sys/prctl.h>

static void child(void *arg)
{
	int sig;

	must(prctl(PR_SET_PDEATHSIG, SIGUSR2));
	must(prctl(PR_SET_DUMPABLE, 0));
	test_ready();
	test_wait();
	must(prctl(PR_GET_PDEATHSIG, &sig));
	check(sig == SIGUSR2, "the parent death signal is %d", sig);
	check(prctl(PR_GET_DUMPABLE) == 0, "dumpable is %d", prctl(PR_GET_DUMPABLE));
}

int main(int argc, char **argv)
{
	int reaper;
	pid_t pid;

	test_init(argc, argv);
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	must(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0));
	must(prctl(PR_SET_TIMERSLACK, 123456));
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	must(prctl(PR_GET_CHILD_SUBREAPER, &reaper));
	check(reaper == 1, "the process is no sub-reaper any more");
	check(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1, "huge pages are enabled again");
	check(prctl(PR_GET_TIMERSLACK) == 123456, "the timer slack is %d", prctl(PR_GET_TIMERSLACK));
	check(prctl(PR_GET_DUMPABLE) == 1, "dumpable is %d", prctl(PR_GET_DUMPABLE));
	test_end_child(pid);
	pass();
}
