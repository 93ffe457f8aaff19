// SPDX-License-Identifier: GPL-2.0-only
/* Each thread has a filter of its own, which answers with a number of its own; the leader and one thread have none.
 *
 * flavours: host ns
 */
#include "filter.h"

#include <pthread.h>

#define THREADS 5

static pthread_barrier_t ready, resumed;
static int got[THREADS];

static void *body(void *arg)
{
	int number = (int)(intptr_t)arg;

	if (number)
		must(answer(SYS_getpgid, with_errno(100 + (unsigned int)number), 0));
	pthread_barrier_wait(&ready);
	pthread_barrier_wait(&resumed);
	got[number] = errno_of(SYS_getpgid);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	test_init(argc, argv);
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	pthread_barrier_init(&ready, NULL, THREADS + 1);
	pthread_barrier_init(&resumed, NULL, THREADS + 1);
	for (intptr_t i = 0; i < THREADS; i++)
		check(!pthread_create(&threads[i], NULL, body, (void *)i), "no thread");
	pthread_barrier_wait(&ready);
	test_ready();
	test_wait();
	pthread_barrier_wait(&resumed);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		check(got[i] == (i ? 100 + i : 0), "thread %d got %d", i, got[i]);
	}
	check(errno_of(SYS_getpgid) == 0, "the leader is under a filter");
	pass();
}
