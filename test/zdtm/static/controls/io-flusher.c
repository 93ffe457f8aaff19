// SPDX-License-Identifier: GPL-2.0-only
/* A thread that works for a file system or block device and must not wait for itself (PR_SET_IO_FLUSHER), beside one
 * that does not.
 *
 * flavours: host ns
 * skip-if: no-sys-resource
 */
#include "test.h"

#include <pthread.h>
#include <sys/prctl.h>

static pthread_barrier_t barrier;

static void *work(void *arg)
{
	must(prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	pthread_barrier_wait(&barrier);
	test_wait();
	check(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0) == 1, "the thread is none any more");
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	check(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0) == 0, "the other thread has become one");
	pthread_join(thread, NULL);
	pass();
}
