// SPDX-License-Identifier: GPL-2.0-only
/* A child that is to get a signal when the thread that made it ends, of a process whose first thread has ended: it would
 * come when that ends once more, at the restore.
 *
 * refuses: would come at the restore
 * kinds: signals
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void wants_signal(void *arg)
{
	must(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	signal(SIGUSR1, SIG_IGN);
	test_ready();
	test_wait();
}

static void *go_on(void *arg)
{
	char state[64];
	pid_t pid;

	do
		test_proc_line(getpid(), "status", "State", state, sizeof(state));
	while (state[0] != 'Z');
	pid = test_child(wants_signal, NULL);
	test_ready();
	test_wait();
	test_end_child(pid);
	_exit(0);
}

static void orphaned_threads(void *arg)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, go_on, NULL), "no thread");
	syscall(SYS_exit, 0);
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	pid = test_child(orphaned_threads, NULL);
	test_ready();
	test_wait();
	test_end_child(pid);
	pass();
}
