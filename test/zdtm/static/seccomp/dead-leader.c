// SPDX-License-Identifier: GPL-2.0-only
/* Filters of a process whose first thread has exited: one that both had, and one of the other thread alone.
 *
 * kinds: seccomp_mode seccomp_filters
 */
#include "filter.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static void *go_on(void *arg)
{
	char state[64];

	do
		test_proc_line(getpid(), "status", "State", state, sizeof(state));
	while (state[0] != 'Z');
	must(answer(SYS_getsid, with_errno(13), 0));
	test_ready();
	test_wait();
	check(errno_of(SYS_getpgid) == 11, "getpgid was answered with %d", errno_of(SYS_getpgid));
	check(errno_of(SYS_getsid) == 13, "getsid was answered with %d", errno_of(SYS_getsid));
	_exit(0);
}

static void leaderless(void *arg)
{
	pthread_t thread;

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(answer(SYS_getpgid, with_errno(11), 0));
	check(!pthread_create(&thread, NULL, go_on, NULL), "no thread");
	syscall(SYS_exit, 0);
}

int main(int argc, char **argv)
{
	pid_t child;

	test_init(argc, argv);
	child = test_child(leaderless, NULL);
	test_ready();
	test_wait();
	test_end_child(child);
	pass();
}
