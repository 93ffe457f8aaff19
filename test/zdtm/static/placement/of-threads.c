// SPDX-License-Identifier: GPL-2.0-only
/* CPU affinity and I/O priority of each thread, also of one that was never given any.
 *
 * flavours: host ns uns
 */
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WHO_PROCESS 1
#define BEST_EFFORT(level) (2 << 13 | (level))
#define IDLE (3 << 13)

static pthread_barrier_t barrier;

struct place {
	int processor; /* which of those it may use, from the end; -1: all */
	int io;
};
static struct place places[] = { { 0, BEST_EFFORT(6) }, { 1, IDLE }, { -1, BEST_EFFORT(0) }, { 0, 0 } };

static void restrict_to(int from_end)
{
	cpu_set_t set, one;

	must(sched_getaffinity(0, sizeof(set), &set));
	CPU_ZERO(&one);
	for (int i = CPU_SETSIZE - 1; i >= 0; i--)
		if (CPU_ISSET(i, &set)) {
			CPU_ZERO(&one);
			CPU_SET(i, &one);
			if (!from_end--)
				break;
		}
	must(sched_setaffinity(0, sizeof(one), &one));
}

static void *work(void *arg)
{
	const struct place *place = arg;
	cpu_set_t before, after;

	if (place->processor >= 0)
		restrict_to(place->processor);
	if (place->io)
		must(syscall(SYS_ioprio_set, WHO_PROCESS, 0, place->io));
	must(sched_getaffinity(0, sizeof(before), &before));
	pthread_barrier_wait(&barrier);
	test_wait();
	must(sched_getaffinity(0, sizeof(after), &after));
	check(CPU_EQUAL(&before, &after), "the affinity of thread %td has changed", place - places);
	check(syscall(SYS_ioprio_get, WHO_PROCESS, 0) == place->io, "the I/O priority %#x became %#lx",
	      place->io, syscall(SYS_ioprio_get, WHO_PROCESS, 0));
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[ARRAY_SIZE(places)];

	test_init(argc, argv);
	pthread_barrier_init(&barrier, NULL, ARRAY_SIZE(places) + 1);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		check(!pthread_create(&threads[i], NULL, work, &places[i]), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		pthread_join(threads[i], NULL);
	pass();
}
