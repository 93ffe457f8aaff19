// SPDX-License-Identifier: GPL-2.0-only
/* A sleep of 32-bit code that was stopped once before the dump (the kernel then continues it by a call of another
 * number) is not reported as interrupted: by the C library, by int $0x80, with old and new time.
 *
 * flavours: compat
 * kinds: compat
 * not-compared: threads
 */
#include "test.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct timespec start;
static pid_t tids[4];

static double elapsed(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - start.tv_sec + (now.tv_nsec - start.tv_nsec) / 1e9;
}

static int by_library(void)
{
	return nanosleep(&(struct timespec){ .tv_sec = 2 }, NULL) ? errno : 0;
}

static int by_poll(void)
{
	return poll(NULL, 0, 2000) ? errno : 0;
}

static int by_interrupt(void)
{
	struct timespec time = { .tv_sec = 2 };
	long result;

	asm volatile("movl %1, %%eax\n	int $0x80"
		     : "=&a"(result)
		     : "i"(SYS_nanosleep), "b"(&time), "c"(0)
		     : "memory");
	return -result;
}

static int by_new_call(void)
{
	int64_t time[2] = { 2, 0 };
	long result;

	asm volatile("movl %1, %%eax\n	int $0x80"
		     : "=&a"(result)
		     : "i"(SYS_clock_nanosleep_time64), "b"(CLOCK_MONOTONIC), "c"(0), "d"(time), "S"(0)
		     : "memory");
	return -result;
}

static const struct {
	int (*sleep)(void);
	long number;
} ways[] = {
	{ by_library, SYS_clock_nanosleep },
	{ by_poll, SYS_poll },
	{ by_interrupt, SYS_nanosleep },
	{ by_new_call, SYS_clock_nanosleep_time64 },
};

static void *sleeper(void *arg)
{
	int which = (intptr_t)arg, error;

	__atomic_store_n(&tids[which], gettid(), __ATOMIC_SEQ_CST);
	error = ways[which].sleep();
	check(!error, "way %d: %s", which, strerror(error));
	check(elapsed() >= 1.99, "way %d: ends after %g s", which, elapsed());
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[ARRAY_SIZE(ways)];

	test_init(argc, argv);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (intptr_t i = 0; i < (intptr_t)ARRAY_SIZE(ways); i++) {
		check(!pthread_create(&threads[i], NULL, sleeper, (void *)i), "no thread");
		while (!__atomic_load_n(&tids[i], __ATOMIC_SEQ_CST))
			usleep(100);
		test_wait_blocked(tids[i], ways[i].number);
	}
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		pthread_join(threads[i], NULL);
	pass();
}
