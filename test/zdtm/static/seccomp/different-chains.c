// SPDX-License-Identifier: GPL-2.0-only
/* A thread has the filter of all, and two more: what is common stays one object, so that thread can give the others all
 * of its filters. No thread has no_new_privs, but one.
 *
 * flavours: host ns
 */
#include "filter.h"

#include <pthread.h>

static pthread_barrier_t barrier;
static long synchronised;

static void *longer(void *arg)
{
	must(answer(SYS_getsid, with_errno(12), 0));
	must(answer(SYS_getpgid, with_errno(13), 0));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	synchronised = answer(SYS_getpriority, with_errno(14), SECCOMP_FILTER_FLAG_TSYNC);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void *shorter(void *arg)
{
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	check(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "no_new_privs is gone");
	pthread_barrier_wait(&barrier);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];

	test_init(argc, argv);
	pthread_barrier_init(&barrier, NULL, 3);
	must(answer(SYS_getpgid, with_errno(11), 0));
	pthread_create(&threads[0], NULL, longer, NULL);
	pthread_create(&threads[1], NULL, shorter, NULL);
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	check(errno_of(SYS_getpgid) == 11 && !errno_of(SYS_getsid), "the leader has other filters");
	check(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0, "the leader has got no_new_privs");
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	check(synchronised == 0, "the threads have no filter in common: %ld", synchronised);
	check(errno_of(SYS_getpgid) == 13 && errno_of(SYS_getsid) == 12 && errno_of(SYS_getpriority) == 14,
	      "the filters of the other thread have not come");
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	pass();
}
