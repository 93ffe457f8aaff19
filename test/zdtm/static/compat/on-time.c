// SPDX-License-Identifier: GPL-2.0-only
/* Calls of 32-bit code with a relative time-out, interrupted in their midst, last as long as they were to last and no
 * longer, by old numbers (with times of 32 bits) and by new ones; time in which the tree is an image does not count.
 *
 * flavours: compat
 * not-compared: threads
 * kinds: interrupted_call
 */
#include "test.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LIMIT 3.2 /* seconds that each call lasts, and some more for each further one */
#define STEP 0.02
#define BEFORE 2.4 /* how much of it has passed at the dump */
#define GRACE 2.0
#define LONG 100000

struct old_time {
	int32_t seconds, nanoseconds;
};

struct new_time {
	int64_t seconds;
	int32_t nanoseconds, ignored;
};

static struct old_time old_span(int number)
{
	return (struct old_time){ 3, (LIMIT - 3 + number * STEP) * 1e9 };
}

static struct new_time new_span(int number)
{
	return (struct new_time){ 3, old_span(number).nanoseconds, -1 };
}

/* The number right in front of the instruction, where it can be found. */
#define CALL(number, a, b, c, d)                                           \
	({                                                                 \
		long result_;                                              \
		asm volatile("movl %1, %%eax\n	int $0x80"                  \
			     : "=&a"(result_)                              \
			     : "i"(number), "b"(a), "c"(b), "d"(c), "S"(d) \
			     : "memory");                                  \
		result_;                                                   \
	})

static long sleep_old(int number)
{
	struct old_time time = old_span(number);

	return CALL(SYS_nanosleep, &time, 0, 0, 0);
}

static long sleep_old_with_rest(int number)
{
	struct old_time time = old_span(number), rest[2] = { { 0, 0 }, { 42, 42 } };
	long result = CALL(SYS_nanosleep, &time, rest, 0, 0);

	check(rest[1].seconds == 42 && rest[1].nanoseconds == 42, "nanosleep: too much was written");
	return result;
}

static long sleep_by_clock(int number)
{
	struct new_time time = new_span(number);

	return CALL(SYS_clock_nanosleep_time64, CLOCK_BOOTTIME, 0, &time, 0);
}

static long sleep_by_clock_old(int number)
{
	struct old_time time = old_span(number);

	return CALL(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, &time);
}

static long sleep_by_library(int number)
{
	return usleep((LIMIT + number * STEP) * 1e6);
}

static long wait_poll(int number)
{
	return poll(NULL, 0, (LIMIT + number * STEP) * 1e3);
}

static long wait_futex_old(int number)
{
	struct old_time time = old_span(number);
	int word = 0;

	return CALL(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &time) + ETIMEDOUT;
}

static long wait_futex(int number)
{
	struct new_time time = new_span(number);
	int word = 0;

	return CALL(SYS_futex_time64, &word, FUTEX_WAIT_PRIVATE, 0, &time) + ETIMEDOUT;
}

static const struct {
	const char *name;
	long (*run)(int number);
	long call;
} calls[] = {
	{ "nanosleep", sleep_old, SYS_nanosleep },
	{ "nanosleep with rest", sleep_old_with_rest, SYS_nanosleep },
	{ "clock_nanosleep_time64", sleep_by_clock, SYS_clock_nanosleep_time64 },
	{ "clock_nanosleep", sleep_by_clock_old, SYS_clock_nanosleep },
	{ "usleep", sleep_by_library, SYS_clock_nanosleep },
	{ "poll", wait_poll, SYS_poll },
	{ "futex", wait_futex_old, SYS_futex },
	{ "futex_time64", wait_futex, SYS_futex_time64 },
};

static pid_t tids[ARRAY_SIZE(calls)];

/* Counts only while the task exists: what is left of an interval timer is kept. */
static double lived(void)
{
	struct itimerval left;

	must(getitimer(ITIMER_REAL, &left));
	return LONG - left.it_value.tv_sec - left.it_value.tv_usec / 1e6;
}

static void *work(void *arg)
{
	int number = (uintptr_t)arg;
	double limit = LIMIT + number * STEP, start = lived(), took;
	sigset_t mask;
	long result;

	sigfillset(&mask);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	__atomic_store_n(&tids[number], gettid(), __ATOMIC_SEQ_CST);
	result = calls[number].run(number);
	took = lived() - start;
	check(result == 0, "%s: %ld", calls[number].name, result);
	check(took >= limit - 0.1, "%s: ends after %g s instead of %g", calls[number].name, took, limit);
	check(took <= limit + GRACE, "%s: ends after %g s instead of %g", calls[number].name, took, limit);
	return NULL;
}

int main(int argc, char **argv)
{
	struct itimerval lifetime = { .it_value = { LONG, 0 } };
	pthread_t thread[ARRAY_SIZE(calls)];

	test_init(argc, argv);
	must(setitimer(ITIMER_REAL, &lifetime, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		check(!pthread_create(&thread[i], NULL, work, (void *)i), "no thread");
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		while (!__atomic_load_n(&tids[i], __ATOMIC_SEQ_CST))
			usleep(100);
		test_wait_blocked(tids[i], calls[i].call);
	}
	while (lived() < BEFORE)
		usleep(1000);
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		pthread_join(thread[i], NULL);
	pass();
}
