// SPDX-License-Identifier: GPL-2.0-only
/* What the C library registers for each thread: robust list, tid address, restartable sequences. Mutexes, conditions
 * and a barrier that threads sleep in go on working.
 *
 * flavours: host ns compat
 * kinds: thread_area
 */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t robust, plain = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static int go;

static void *holder(void *arg)
{
	pthread_mutex_lock(&robust);
	pthread_barrier_wait(&barrier);
	test_wait();
	/* Ends with the mutex locked: the kernel must find the robust list to mark it. */
	return NULL;
}

static void *waiter(void *arg)
{
	pthread_barrier_wait(&barrier);
	pthread_mutex_lock(&plain);
	while (!go)
		pthread_cond_wait(&condition, &plain);
	pthread_mutex_unlock(&plain);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attributes;
	pthread_t first, second;
	void *head, *head_now;
	size_t size;

	test_init(argc, argv);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&robust, &attributes);
	pthread_barrier_init(&barrier, NULL, 3);
	check(!pthread_create(&first, NULL, holder, NULL) && !pthread_create(&second, NULL, waiter, NULL),
	      "no thread");
	pthread_barrier_wait(&barrier);
	must(syscall(SYS_get_robust_list, 0, &head, &size));
	test_ready();
	test_wait();
	must(syscall(SYS_get_robust_list, 0, &head_now, &size));
	check(head == head_now, "the robust list was at %p and is at %p", head, head_now);
	pthread_mutex_lock(&plain);
	go = 1;
	pthread_cond_broadcast(&condition);
	pthread_mutex_unlock(&plain);
	pthread_join(second, NULL);
	pthread_join(first, NULL);
	check(pthread_mutex_lock(&robust) == EOWNERDEAD, "the dead owner of the mutex is not seen");
	if (__rseq_size)
		check(syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32, 0, RSEQ_SIG) == -1 &&
			      errno == EBUSY,
		      "restartable sequences are not registered");
	pass();
}
