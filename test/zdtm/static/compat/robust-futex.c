// SPDX-License-Identifier: GPL-2.0-only
/* The list of robust futexes of each thread of a 32-bit program: a mutex whose owner ends after the restore is told to
 * the next one.
 *
 * flavours: compat
 * kinds: compat thread_area
 */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t mutex;
static pthread_barrier_t barrier;

static void *list_of(pid_t tid, size_t *ret_length)
{
	void *head = NULL;

	must(syscall(SYS_get_robust_list, tid, &head, ret_length));
	return head;
}

static void *owner(void *arg)
{
	size_t length_before, length;
	void *before = list_of(0, &length_before), *now;

	check(!pthread_mutex_lock(&mutex), "the mutex cannot be had");
	pthread_barrier_wait(&barrier);
	while (!test_stopped())
		usleep(2000);
	now = list_of(0, &length);
	check(now == before && length == length_before && length == 12,
	      "the list was %p (%zu) and is %p (%zu)", before, length_before, now, length);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attributes;
	pthread_t thread;
	size_t length;
	void *before;

	test_init(argc, argv);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&mutex, &attributes);
	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, owner, NULL), "no thread");
	pthread_barrier_wait(&barrier);
	before = list_of(0, &length);
	test_ready();
	test_wait();
	check(list_of(0, &length) == before, "the list of the main thread is elsewhere");
	check(pthread_mutex_lock(&mutex) == EOWNERDEAD, "the death of the owner is not told");
	pthread_join(thread, NULL);
	pass();
}
