// SPDX-License-Identifier: GPL-2.0-only
/* A thread with utilisation clamps (sched_setattr(2), Linux 5.3), beside one without.
 *
 * flavours: host ns
 */
#include "test.h"

#include <errno.h>
#include <pthread.h>

#include "attributes.h"

#define KEEP_ALL 0x18
#define UTIL_CLAMP 0x60

static pthread_barrier_t barrier;

static void *work(void *arg)
{
	struct attributes now = { .flags = KEEP_ALL | UTIL_CLAMP, .util_min = 100, .util_max = 700 };

	must(set_attributes(&now));
	pthread_barrier_wait(&barrier);
	test_wait();
	must(get_attributes(&now));
	check(now.util_min == 100 && now.util_max == 700, "clamps are %u and %u", now.util_min, now.util_max);
	return NULL;
}

int main(int argc, char **argv)
{
	struct attributes before, now;
	pthread_t thread;

	test_init(argc, argv);
	must(get_attributes(&before));
	if (!before.util_max)
		skip("this kernel has no clamps");
	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	must(get_attributes(&now));
	check(now.util_min == before.util_min && now.util_max == before.util_max,
	      "clamps of the other thread: %u %u", now.util_min, now.util_max);
	pthread_join(thread, NULL);
	pass();
}
