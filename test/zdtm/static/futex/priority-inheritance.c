// SPDX-License-Identifier: GPL-2.0-only
/* A mutex with priority inheritance between processes: several wait for it in the kernel, one of them with a time-out
 * that is far away. After the restore the kernel has no memory of them; the owner lets go and all get it, one after the
 * other.
 *
 * flavours: host
 * kinds: thread_area
 */
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WAITERS 3

struct shared {
	pthread_mutex_t mutex;
	pid_t waiters[WAITERS];
	int turns;
};

static struct shared *shared;

static void *take(void *arg)
{
	struct timespec limit;
	long number = (long)arg;

	__atomic_store_n(&shared->waiters[number], gettid(), __ATOMIC_SEQ_CST);
	must(clock_gettime(CLOCK_REALTIME, &limit));
	limit.tv_sec += 3600;
	if (number)
		check(!pthread_mutex_lock(&shared->mutex), "not locked");
	else
		check(!pthread_mutex_timedlock(&shared->mutex, &limit), "not locked in time");
	shared->turns++;
	check(!pthread_mutex_unlock(&shared->mutex), "not unlocked");
	return NULL;
}

static void waiter(void *arg)
{
	long number = (long)arg;
	pthread_t thread;

	check(!pthread_create(&thread, NULL, take, arg), "no thread");
	while (!__atomic_load_n(&shared->waiters[number], __ATOMIC_SEQ_CST))
		;
	test_wait_blocked(shared->waiters[number], SYS_futex);
	test_ready();
	test_wait();
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	pthread_mutexattr_t attributes;
	pid_t pids[WAITERS];

	test_init(argc, argv);
	shared = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(shared != MAP_FAILED, "no shared memory");
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	check(!pthread_mutex_init(&shared->mutex, &attributes), "no mutex");
	check(!pthread_mutex_lock(&shared->mutex), "not locked");
	for (long i = 0; i < WAITERS; i++)
		pids[i] = test_child(waiter, (void *)i);
	test_ready();
	test_wait();
	check(!shared->turns, "somebody got it while it was held");
	check(!pthread_mutex_unlock(&shared->mutex), "the owner may not unlock it");
	for (int i = 0; i < WAITERS; i++)
		test_end_child(pids[i]);
	check(shared->turns == WAITERS, "%d of %d got it", shared->turns, WAITERS);
	pass();
}
