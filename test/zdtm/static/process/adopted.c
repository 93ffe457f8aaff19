// SPDX-License-Identifier: GPL-2.0-only
/* Orphans adopted by a subreaper below the root: living ones, one in a session of its own, zombies that died by a signal
 * and by exit, and one whose children were orphaned in turn. Each still has the parent, and ends as, it did.
 *
 * flavours: host ns uns
 */
#include "test.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIVING, LEADER, KILLED, EXITED, NR };

static pid_t *pids;

static void __attribute__((noreturn)) orphan(int which)
{
	if (which == LEADER)
		must(setsid());
	__atomic_store_n(&pids[which], getpid(), __ATOMIC_SEQ_CST);
	if (which == KILLED)
		raise(SIGKILL);
	if (which == EXITED)
		_exit(42);
	test_wait();
	_exit(which == LEADER && getsid(0) != getpid());
}

static void make_orphans(void)
{
	pid_t middle;

	for (int i = 0; i < NR; i++)
		pids[i] = 0;
	middle = must(fork());
	if (middle) {
		must(waitpid(middle, NULL, 0));
		for (int i = 0; i < NR; i++)
			while (!__atomic_load_n(&pids[i], __ATOMIC_SEQ_CST))
				usleep(1000);
		return;
	}
	test_leave_starter();
	for (int i = 0; i < NR; i++)
		if (!must(fork()))
			orphan(i);
	_exit(0);
}

static void expect_end(int which, int expected)
{
	int status;

	must(waitpid(pids[which], &status, 0));
	check(status == expected, "orphan %d ended with wait status %#x", which, (unsigned int)status);
}

static void reaper(void *arg)
{
	siginfo_t info;

	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	make_orphans();
	must(waitid(P_PID, (id_t)pids[KILLED], &info, WEXITED | WNOWAIT));
	must(waitid(P_PID, (id_t)pids[EXITED], &info, WEXITED | WNOWAIT));
	test_ready();
	test_wait();
	expect_end(KILLED, SIGKILL);
	expect_end(EXITED, 42 << 8);
	must(kill(pids[LIVING], SIGTERM));
	expect_end(LIVING, 0);
	must(kill(pids[LEADER], SIGTERM));
	expect_end(LEADER, 0);
	/* It is a subreaper still. */
	make_orphans();
	must(kill(pids[LIVING], SIGTERM));
	expect_end(LIVING, 0);
	must(kill(pids[LEADER], SIGKILL));
	while (waitpid(-1, NULL, 0) > 0)
		;
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	pids = mmap(NULL, NR * sizeof(*pids), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(pids != MAP_FAILED, "no shared memory");
	pid = test_child(reaper, NULL);
	test_ready();
	test_wait();
	test_end_child(pid);
	pass();
}
