// SPDX-License-Identifier: GPL-2.0-only
/* The calls of the vdso work and their clocks do not run backwards, also for a thread.
 *
 * flavours: host ns uns compat
 * kinds: vdso vvar vsyscall
 */
#include "test.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>

static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE,
				    CLOCK_MONOTONIC_RAW };
static struct timespec before[ARRAY_SIZE(clocks)];

static void *look(void *arg)
{
	struct timespec now;
	struct timeval day;
	unsigned int cpu;

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		must(clock_gettime(clocks[i], &now));
		check(now.tv_sec > before[i].tv_sec ||
			      (now.tv_sec == before[i].tv_sec && now.tv_nsec >= before[i].tv_nsec),
		      "clock %d runs backwards", clocks[i]);
		check(now.tv_sec - before[i].tv_sec < 300, "clock %d jumped by %ld s", clocks[i],
		      now.tv_sec - before[i].tv_sec);
		before[i] = now;
	}
	must(gettimeofday(&day, NULL));
	check(labs(day.tv_sec - time(NULL)) <= 1, "gettimeofday and time do not agree");
	must(getcpu(&cpu, NULL));
	check(cpu < 4096, "processor %u", cpu);
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned long vdso;
	pthread_t thread;

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
		must(clock_gettime(clocks[i], &before[i]));
	look(NULL);
	vdso = getauxval(AT_SYSINFO_EHDR);
	test_ready();
	test_wait();
	for (int i = 0; i < 1000; i++)
		look(NULL);
	check(!pthread_create(&thread, NULL, look, NULL), "no thread after the restore");
	pthread_join(thread, NULL);
	check(getauxval(AT_SYSINFO_EHDR) == vdso && *(unsigned int *)vdso == 0x464c457f, "no vdso where it was");
	pass();
}
