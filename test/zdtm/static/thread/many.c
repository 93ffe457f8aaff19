// SPDX-License-Identifier: GPL-2.0-only
/* A hundred threads, each of which counts; all go on after the restore and can be joined.
 *
 * flavours: host ns compat
 */
#include "test.h"

#include <pthread.h>
#include <unistd.h>

#define THREADS 100

static unsigned long counter[THREADS];

static void *work(void *arg)
{
	unsigned long *count = arg;

	while (!test_stopped()) {
		__atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
		usleep(20000);
	}
	return count;
}

static void all_advance(void)
{
	unsigned long before[THREADS];

	for (int i = 0; i < THREADS; i++)
		before[i] = __atomic_load_n(&counter[i], __ATOMIC_SEQ_CST);
	for (int i = 0; i < THREADS; i++)
		for (int left = 500; __atomic_load_n(&counter[i], __ATOMIC_SEQ_CST) == before[i]; left--) {
			check(left, "thread %d does not run", i);
			usleep(10000);
		}
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];
	void *result;

	test_init(argc, argv);
	for (int i = 0; i < THREADS; i++)
		check(!pthread_create(&thread[i], NULL, work, &counter[i]), "no thread");
	all_advance();
	test_ready();
	test_wait();
	for (int i = 0; i < THREADS; i++) {
		check(!pthread_join(thread[i], &result), "thread %d cannot be joined", i);
		check(result == &counter[i] && counter[i], "thread %d ended with another result", i);
	}
	pass();
}
