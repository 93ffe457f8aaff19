// SPDX-License-Identifier: GPL-2.0-only
/* A thread that has chosen its time slice (sched_setattr(2), Linux 6.12), beside one that has not.
 *
 * flavours: host ns
 */
#include "test.h"

#include <pthread.h>

#include "attributes.h"

#define SLICE 7654321

static pthread_barrier_t barrier;

static void *work(void *arg)
{
	struct attributes now;

	must(get_attributes(&now));
	now.runtime = SLICE;
	must(set_attributes(&now));
	pthread_barrier_wait(&barrier);
	test_wait();
	must(get_attributes(&now));
	check(now.runtime == SLICE, "the slice is %lu", now.runtime);
	return NULL;
}

int main(int argc, char **argv)
{
	struct attributes before, now;
	pthread_t thread;

	test_init(argc, argv);
	must(get_attributes(&before));
	if (!before.runtime)
		skip("this kernel lets nobody choose");
	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	must(get_attributes(&now));
	check(now.runtime == before.runtime, "the slice was %lu and is %lu", before.runtime, now.runtime);
	pthread_join(thread, NULL);
	pass();
}
