// SPDX-License-Identifier: GPL-2.0-only
/* What SEM_UNDO is to do at the end of a process, in the IPC namespace of criu: taken and given, the least and the most,
 * of a process with threads, by two processes on one semaphore; and nothing, where all was given back. The
 * semaphores have their values meanwhile, and the process that changed each last.
 *
 * flavours: host
 * kinds: semaphores ipc
 */
#include "test.h"

#include <pthread.h>
#include <sys/ipc.h>
#include <sys/sem.h>

enum { TAKEN, GIVEN, MOST, LEAST, SHARED, NONE, THREAD, PLAIN, NUMBER };

static int set;

static void change(int number, int value, int flags)
{
	struct sembuf operation = { .sem_num = number, .sem_op = value, .sem_flg = flags };

	must(semop(set, &operation, 1));
}

static void rest(void)
{
	test_ready();
	test_wait();
}

static void all(void *arg)
{
	change(TAKEN, -3, SEM_UNDO);
	change(GIVEN, 5, SEM_UNDO);
	change(MOST, -32767, SEM_UNDO);
	change(LEAST, 32767, SEM_UNDO);
	change(LEAST, -1, 0);
	change(LEAST, 1, SEM_UNDO);
	change(SHARED, -2, SEM_UNDO);
	change(PLAIN, 1, 0);
	rest();
}

static void *take(void *arg)
{
	change(THREAD, -4, SEM_UNDO);
	rest();
	return NULL;
}

static void with_thread(void *arg)
{
	pthread_t thread;

	check(!pthread_create(&thread, NULL, take, NULL), "no thread");
	pthread_join(thread, NULL);
}

static void given_back(void *arg)
{
	change(NONE, -7, SEM_UNDO);
	change(NONE, 7, SEM_UNDO);
	change(SHARED, -1, SEM_UNDO);
	rest();
}

static void check_values(const char *when, const unsigned short *want)
{
	unsigned short values[NUMBER];

	must(semctl(set, 0, GETALL, values));
	for (int i = 0; i < NUMBER; i++)
		check(values[i] == want[i], "%s: semaphore %d is %d, not %d", when, i, values[i], want[i]);
}

int main(int argc, char **argv)
{
	unsigned short first[NUMBER] = {
		[TAKEN] = 10, [GIVEN] = 10, [MOST] = 32767, [SHARED] = 10, [NONE] = 10, [THREAD] = 10
	};
	unsigned short held[NUMBER] = { [TAKEN] = 7, [GIVEN] = 15, [LEAST] = 32767, [SHARED] = 7,
					[NONE] = 10, [THREAD] = 6, [PLAIN] = 1 };
	void (*const bodies[])(void *arg) = { all, with_thread, given_back };
	pid_t pids[3];
	int last;

	test_init(argc, argv);
	set = must(semget(IPC_PRIVATE, NUMBER, 0600));
	must(semctl(set, 0, SETALL, first));
	for (int i = 0; i < 3; i++)
		pids[i] = test_child(bodies[i], NULL);
	check_values("before", held);
	test_ready();
	test_wait();
	check_values("restored", held);
	last = must(semctl(set, PLAIN, GETPID));
	check(last == pids[0], "process %d changed it last, not %d", last, pids[0]);
	for (int i = 0; i < 3; i++)
		test_end_child(pids[i]);
	first[PLAIN] = 1;
	check_values("in the end", first);
	must(semctl(set, 0, IPC_RMID));
	pass();
}
