// SPDX-License-Identifier: GPL-2.0-only
/* Threads that call the vdso without pause, and handlers that interrupt such calls: wherever one is stopped, its answers
 * stay right.
 *
 * kinds: vdso vvar
 * not-compared: pending
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#define THREADS 3

static long long nanoseconds(const struct timespec *time)
{
	return time->tv_sec * 1000000000LL + time->tv_nsec;
}

static pthread_barrier_t started;

static void *call(void *arg)
{
	static const clockid_t clocks[THREADS] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_MONOTONIC_COARSE };
	clockid_t clock = clocks[(uintptr_t)arg];
	struct timespec last, now;
	struct timeval day;

	pthread_barrier_wait(&started);
	must(clock_gettime(clock, &last));
	while (!test_stopped()) {
		must(clock_gettime(clock, &now));
		check(nanoseconds(&now) >= nanoseconds(&last), "clock %d runs backwards", clock);
		check(now.tv_sec - last.tv_sec < 600, "clock %d jumps", clock);
		last = now;
		must(gettimeofday(&day, NULL));
		check(day.tv_sec > 1000000000 && time(NULL) >= day.tv_sec - 1, "time of day: %ld", day.tv_sec);
	}
	return NULL;
}

static void handle(int number)
{
}

int main(int argc, char **argv)
{
	struct itimerval often = { .it_interval.tv_usec = 1000, .it_value.tv_usec = 1000 };
	pthread_t threads[THREADS];

	test_init(argc, argv);
	pthread_barrier_init(&started, NULL, THREADS + 1);
	signal(SIGALRM, handle);
	must(setitimer(ITIMER_REAL, &often, NULL));
	for (uintptr_t i = 0; i < THREADS; i++)
		check(!pthread_create(&threads[i], NULL, call, (void *)i), "no thread");
	pthread_barrier_wait(&started);
	test_ready();
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pass();
}
