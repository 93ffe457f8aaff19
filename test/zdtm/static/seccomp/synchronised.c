// SPDX-License-Identifier: GPL-2.0-only
/* Threads which were brought under one filter (SECCOMP_FILTER_FLAG_TSYNC) can be brought under another: that works only
 * while they have the first one in common, and not one each that says the same.
 *
 * flavours: host ns
 */
#include "filter.h"

#include <pthread.h>

#define THREADS 3

static pthread_barrier_t barrier;
static int got[THREADS];

static void *body(void *arg)
{
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	got[(intptr_t)arg] = errno_of(SYS_getpgid) * 100 + errno_of(SYS_getsid);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	test_init(argc, argv);
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (intptr_t i = 0; i < THREADS; i++)
		check(!pthread_create(&threads[i], NULL, body, (void *)i), "no thread");
	pthread_barrier_wait(&barrier);
	must(answer(SYS_getpgid, with_errno(11), SECCOMP_FILTER_FLAG_TSYNC));
	test_ready();
	test_wait();
	check(answer(SYS_getsid, with_errno(12), SECCOMP_FILTER_FLAG_TSYNC) == 0,
	      "the threads do not have their filter in common");
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		check(got[i] == 1112, "thread %d got %d", i, got[i]);
	}
	pass();
}
