// SPDX-License-Identifier: GPL-2.0-only
/* Groups of threads that share a processor core with nobody else (PR_SCHED_CORE): two groups, one of them over two
 * processes, and a thread in none.
 *
 * flavours: host ns
 */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SCHED_CORE
#define PR_SCHED_CORE 62
#endif
enum { GET, CREATE, SHARE_TO, SHARE_FROM };

static pthread_barrier_t barrier;

static uint64_t cookie(pid_t tid)
{
	uint64_t value = 0;

	must(prctl(PR_SCHED_CORE, GET, tid, 0, &value));
	return value;
}

static void *alone(void *arg)
{
	must(prctl(PR_SCHED_CORE, CREATE, 0, 0, 0));
	*(pid_t *)arg = syscall(SYS_gettid);
	pthread_barrier_wait(&barrier);
	test_wait();
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void *without(void *arg)
{
	*(pid_t *)arg = syscall(SYS_gettid);
	pthread_barrier_wait(&barrier);
	test_wait();
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void child(void *arg)
{
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	pthread_t threads[2];
	pid_t tids[2], pid;
	uint64_t unused = 0;

	test_init(argc, argv);
	if (prctl(PR_SCHED_CORE, GET, 0, 0, &unused) < 0)
		skip("no core scheduling here (error %d)", errno);
	pthread_barrier_init(&barrier, NULL, 3);
	check(!pthread_create(&threads[0], NULL, alone, &tids[0]), "no thread");
	check(!pthread_create(&threads[1], NULL, without, &tids[1]), "no thread");
	pthread_barrier_wait(&barrier);
	must(prctl(PR_SCHED_CORE, CREATE, 0, 0, 0));
	pid = test_child(child, NULL);
	check(cookie(pid) == cookie(0) && cookie(0), "the kernel does not do what it says");
	test_ready();
	test_wait();
	check(cookie(0) && cookie(pid) == cookie(0), "cookies of process and child: %#lx %#lx", cookie(0),
	      cookie(pid));
	check(cookie(tids[0]) && cookie(tids[0]) != cookie(0), "cookie of the thread: %#lx", cookie(tids[0]));
	check(!cookie(tids[1]), "a thread has a cookie that had none");
	pthread_barrier_wait(&barrier);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	test_end_child(pid);
	pass();
}
