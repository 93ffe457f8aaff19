// SPDX-License-Identifier: GPL-2.0-only
/* Threads that allocate, sort and count in floating point all the time, beneath the signals of a timer, get the same
 * results before, between and after dumps.
 *
 * flavours: host compat
 * not-compared: mappings pending
 * kinds: registers timers
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define THREADS 3
#define SEEDS 8
#define WORDS 3000

static uint64_t expected[SEEDS];
static volatile sig_atomic_t ticks;
static pthread_barrier_t barrier;

static void tick(int sig)
{
	ticks++;
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

static uint64_t digest(uint32_t seed)
{
	uint32_t *words = malloc(WORDS * sizeof(*words));
	double sum = 0;

	check(words, "no memory");
	test_fill(words, WORDS * sizeof(*words), seed);
	qsort(words, WORDS, sizeof(*words), compare);
	for (uint32_t i = 0; i < WORDS; i++)
		sum += words[i] / (i + 1.5);
	seed = words[WORDS / 2];
	free(words);
	return (uint64_t)(sum * 16) * 31 + seed;
}

static void *work(void *arg)
{
	unsigned long rounds = 0;

	pthread_barrier_wait(&barrier);
	for (uint32_t seed = (uintptr_t)arg; !test_stopped() || rounds < SEEDS; seed = (seed + 1) % SEEDS, rounds++)
		check(digest(seed) == expected[seed], "seed %u gives another result", seed);
	return NULL;
}

int main(int argc, char **argv)
{
	struct itimerspec often = { { 0, 3000000 }, { 0, 3000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct sigaction action = { .sa_handler = tick, .sa_flags = SA_RESTART | SA_NODEFER };
	pthread_t threads[THREADS];
	timer_t timer;
	int before;

	test_init(argc, argv);
	for (uint32_t seed = 0; seed < SEEDS; seed++)
		expected[seed] = digest(seed);
	must(sigaction(SIGUSR1, &action, NULL));
	must(timer_create(CLOCK_MONOTONIC, &event, &timer));
	must(timer_settime(timer, 0, &often, NULL));
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (uintptr_t i = 0; i < THREADS; i++)
		check(!pthread_create(&threads[i], NULL, work, (void *)i), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	before = ticks;
	while (ticks == before)
		;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pass();
}
