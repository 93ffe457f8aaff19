// SPDX-License-Identifier: GPL-2.0-only
/* Threads keep their ids, their thread-local storage, stacks and alternate values of errno.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

#define THREADS 4

static __thread uint32_t words[64];
static pthread_barrier_t barrier;

static void *work(void *arg)
{
	uint32_t number = (uintptr_t)arg;
	char stack[8192];
	pid_t tid = gettid();

	test_fill(words, sizeof(words), number);
	test_fill(stack, sizeof(stack), number + 100);
	pthread_barrier_wait(&barrier);
	errno = 1000 + number;
	while (!test_stopped())
		usleep(2000);
	check(gettid() == tid, "the tid was %d and is %d", tid, gettid());
	check(test_differs(words, sizeof(words), number) < 0, "thread %u: thread-local storage has changed", number);
	check(test_differs(stack, sizeof(stack), number + 100) < 0, "thread %u: the stack has changed", number);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];

	test_init(argc, argv);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (uintptr_t i = 0; i < THREADS; i++)
		check(!pthread_create(&thread[i], NULL, work, (void *)(i + 1)), "no thread");
	test_fill(words, sizeof(words), 0);
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	for (int i = 0; i < THREADS; i++)
		check(!pthread_join(thread[i], NULL), "thread %d cannot be joined", i);
	check(test_differs(words, sizeof(words), 0) < 0, "thread-local storage of the main thread has changed");
	pass();
}
