// SPDX-License-Identifier: GPL-2.0-only
/* Lists of semaphores with SEM_UNDO that cannot be made again: one that two processes share (CLONE_SYSVSEM), and one that
 * a thread has for itself. Both are named.
 *
 * refuses: shares its list of semaphores; has a list of its own of semaphores; refused for 2 reasons
 * kinds: semaphores
 */
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <unistd.h>

static int set;

static void take(void)
{
	struct sembuf take = { .sem_op = -1, .sem_flg = SEM_UNDO };

	must(semop(set, &take, 1));
}

static void sharing(void *arg)
{
	pid_t pid;

	take();
	pid = must(syscall(SYS_clone, CLONE_SYSVSEM | SIGCHLD, NULL, NULL, NULL, 0));
	if (!pid) {
		test_leave_starter();
		for (;;)
			pause();
	}
	test_ready();
	test_wait();
	must(kill(pid, SIGKILL));
}

static void *take_alone(void *arg)
{
	must(unshare(CLONE_SYSVSEM));
	take();
	test_ready();
	test_wait();
	return NULL;
}

static void with_thread(void *arg)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, take_alone, NULL), "no thread");
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	pid_t pids[2];

	test_init(argc, argv);
	set = must(semget(IPC_PRIVATE, 1, 0600));
	must(semctl(set, 0, SETVAL, 9));
	pids[0] = test_child(sharing, NULL);
	pids[1] = test_child(with_thread, NULL);
	test_ready();
	test_wait();
	for (int i = 0; i < 2; i++)
		test_end_child(pids[i]);
	must(semctl(set, 0, IPC_RMID));
	pass();
}
