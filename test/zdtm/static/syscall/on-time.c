// SPDX-License-Identifier: GPL-2.0-only
/* Calls with a relative time-out, interrupted in their midst, last as long as they were to last and no longer: time in
 * which the tree is an image does not count. They are made by syscall(), which hides the number from the code before
 * the instruction, and the first dump has them go on by restart_syscall(2).
 *
 * flavours: host ns
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
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define LIMIT 3.2 /* seconds that each call lasts, and some more for each further one */
#define STEP 0.02
#define BEFORE 2.4 /* how much of it has passed at the dump */
#define GRACE 2.0
#define LONG 100000

static struct timespec span(int number)
{
	return (struct timespec){ 3, (LIMIT - 3 + number * STEP) * 1e9 };
}

static long sleep_without_rest(int number)
{
	struct timespec time = span(number);

	return syscall(SYS_nanosleep, &time, NULL);
}

static long sleep_with_rest(int number)
{
	struct timespec time = span(number), rest = {};
	long result = syscall(SYS_nanosleep, &time, &rest);

	check(time.tv_nsec == span(number).tv_nsec, "nanosleep: its argument has changed");
	return result;
}

static long sleep_in_place(int number)
{
	struct timespec time = span(number);

	return syscall(SYS_nanosleep, &time, &time);
}

static long sleep_by_clock(int number)
{
	static struct timespec time; /* may well lie in memory that cannot be written */

	time = span(number);
	return syscall(SYS_clock_nanosleep, CLOCK_BOOTTIME, 0, &time, NULL);
}

static long sleep_by_library(int number)
{
	return usleep((LIMIT + number * STEP) * 1e6);
}

static long wait_poll(int number)
{
	return poll(NULL, 0, (LIMIT + number * STEP) * 1e3);
}

static long wait_select(int number)
{
	struct timespec time = span(number);
	struct timeval limit = { time.tv_sec, time.tv_nsec / 1000 };

	return select(0, NULL, NULL, NULL, &limit);
}

static long wait_ppoll(int number)
{
	struct timespec time = span(number);

	return ppoll(NULL, 0, &time, NULL);
}

static long wait_futex(int number)
{
	struct timespec time = span(number);
	int word = 0;
	long result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &time, NULL, 0);

	return result == -1 && errno == ETIMEDOUT ? 0 : -1;
}

static const struct {
	const char *name;
	long (*run)(int number);
	long call;
} calls[] = {
	{ "nanosleep without rest", sleep_without_rest, SYS_nanosleep },
	{ "nanosleep with rest", sleep_with_rest, SYS_nanosleep },
	{ "nanosleep in place", sleep_in_place, SYS_nanosleep },
	{ "clock_nanosleep", sleep_by_clock, SYS_clock_nanosleep },
	{ "usleep", sleep_by_library, SYS_clock_nanosleep },
	{ "poll", wait_poll, SYS_poll },
	{ "select", wait_select, SYS_pselect6 },
	{ "ppoll", wait_ppoll, SYS_ppoll },
	{ "futex", wait_futex, SYS_futex },
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
	check(result == 0, "%s: %ld: %s", calls[number].name, result, strerror(errno));
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
