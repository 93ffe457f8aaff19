// SPDX-License-Identifier: GPL-2.0-only
/* Adjustments of semaphores that wait for the end of a process (SEM_UNDO): nobody can read them, and the end of the
 * dump would carry them out. A process, and one with threads; one with threads that has none is no reason.
 *
 * refuses: SEM_UNDO; refused for 2 reasons
 * kinds: semaphores
 */
#include "test.h"

#include <pthread.h>
#include <sys/ipc.h>
#include <sys/sem.h>

static int set;

static void *wait_only(void *arg)
{
	test_ready();
	test_wait();
	return NULL;
}

static void *take(void *arg)
{
	struct sembuf take = { .sem_num = (long)arg, .sem_op = -1, .sem_flg = SEM_UNDO };

	must(semop(set, &take, 1));
	test_ready();
	test_wait();
	return NULL;
}

static void with_thread(void *body)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, body ? take : wait_only, (void *)1), "no thread");
	pthread_join(thread, NULL);
}

static void without_thread(void *arg)
{
	take(NULL);
}

int main(int argc, char **argv)
{
	struct sembuf give[] = { { 0, 1, 0 }, { 1, 1, 0 } };
	pid_t pids[3];

	test_init(argc, argv);
	set = must(semget(IPC_PRIVATE, 2, 0600));
	must(semop(set, give, 2));
	pids[0] = test_child(without_thread, NULL);
	pids[1] = test_child(with_thread, "");
	pids[2] = test_child(with_thread, NULL);
	test_ready();
	test_wait();
	must(semctl(set, 0, IPC_RMID));
	for (int i = 0; i < 3; i++)
		test_end_child(pids[i]);
	pass();
}
