// SPDX-License-Identifier: GPL-2.0-only
/* Every entry of the vdso that a program knows from its start still works: the same addresses, the right answers, from
 * each thread. The clocks may have started anew, as after a boot.
 *
 * kinds: vdso vvar
 */
#include "test.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4

static struct {
	int (*clock_gettime)(clockid_t clock, struct timespec *ret);
	int (*clock_getres)(clockid_t clock, struct timespec *ret);
	int (*gettimeofday)(struct timeval *ret, void *zone);
	time_t (*time)(time_t *ret);
	int (*getcpu)(unsigned int *ret_cpu, unsigned int *ret_node, void *unused);
	ssize_t (*getrandom)(void *buffer, size_t size, unsigned int flags, void *state, size_t state_size);
} vdso;

static void find_entries(void)
{
	void *library = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);

	if (!library)
		skip("the C library gives no access to the vdso");
	*(void **)&vdso.clock_gettime = dlsym(library, "__vdso_clock_gettime");
	*(void **)&vdso.clock_getres = dlsym(library, "__vdso_clock_getres");
	*(void **)&vdso.gettimeofday = dlsym(library, "__vdso_gettimeofday");
	*(void **)&vdso.time = dlsym(library, "__vdso_time");
	*(void **)&vdso.getcpu = dlsym(library, "__vdso_getcpu");
	*(void **)&vdso.getrandom = dlsym(library, "__vdso_getrandom");
	check(vdso.clock_gettime && vdso.gettimeofday && vdso.time && vdso.getcpu, "the vdso has not all entries");
}

static long long nanoseconds(const struct timespec *time)
{
	return time->tv_sec * 1000000000LL + time->tv_nsec;
}

/* What the vdso says lies between two answers of the kernel. */
static void check_clock(clockid_t clock)
{
	struct timespec before, now, after;

	must(syscall(SYS_clock_gettime, clock, &before));
	check(vdso.clock_gettime(clock, &now) == 0, "clock %d: no answer", clock);
	must(syscall(SYS_clock_gettime, clock, &after));
	check(nanoseconds(&before) <= nanoseconds(&now) && nanoseconds(&now) <= nanoseconds(&after),
	      "clock %d: %lld is not between %lld and %lld", clock, nanoseconds(&now), nanoseconds(&before),
	      nanoseconds(&after));
}

static void check_others(void)
{
	struct timespec resolution;
	struct timeval day;
	unsigned int cpu = ~0U;
	time_t now;

	if (vdso.clock_getres)
		check(vdso.clock_getres(CLOCK_MONOTONIC, &resolution) == 0 && resolution.tv_sec == 0,
		      "no resolution");
	check(vdso.gettimeofday(&day, NULL) == 0, "gettimeofday fails");
	now = vdso.time(NULL);
	check(labs(now - day.tv_sec) <= 1, "time and gettimeofday do not agree: %ld and %ld", now, day.tv_sec);
	check(vdso.getcpu(&cpu, NULL, NULL) == 0 && cpu < 8192, "processor %u", cpu);
}

static void check_random(void)
{
	unsigned char bytes[64] = { 0 }, none[64] = { 0 };

	if (!vdso.getrandom)
		return;
	/* Without a state the entry passes the call on. */
	check(vdso.getrandom(bytes, sizeof(bytes), 0, NULL, 0) == sizeof(bytes), "getrandom fails");
	check(memcmp(bytes, none, sizeof(bytes)), "getrandom gives zeroes");
}

static void *check_all(void *arg)
{
	static const clockid_t clocks[] = {
		CLOCK_REALTIME,		CLOCK_MONOTONIC,       CLOCK_BOOTTIME, CLOCK_MONOTONIC_RAW,
		CLOCK_MONOTONIC_COARSE, CLOCK_REALTIME_COARSE, CLOCK_TAI
	};

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++)
		check_clock(clocks[i]);
	check_others();
	check_random();
	return NULL;
}

static pthread_barrier_t started;

static void *check_until_stopped(void *arg)
{
	pthread_barrier_wait(&started);
	test_wait();
	for (int i = 0; i < 200; i++)
		check_all(NULL);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];

	test_init(argc, argv);
	find_entries();
	check_all(NULL);
	pthread_barrier_init(&started, NULL, THREADS + 1);
	for (int i = 0; i < THREADS; i++)
		check(!pthread_create(&threads[i], NULL, check_until_stopped, NULL), "no thread");
	pthread_barrier_wait(&started);
	test_ready();
	test_wait();
	check_all(NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pass();
}
