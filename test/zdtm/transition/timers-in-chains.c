// SPDX-License-Identifier: GPL-2.0-only
/* Timers run off all the time: by handler, and for one thread that waits for them. Each is armed again by what it caused,
 * so that a single expiration that gets lost ends its chain; a periodic one never runs faster than its clock.
 *
 * flavours: host ns
 * iterations: 10
 * not-compared: pending timers threads
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PERIOD 700000L

enum chain { BY_INTERVAL, BY_HANDLER, BY_THREAD, PERIODIC, CHAINS };
static unsigned long count[CHAINS];
static timer_t timers[CHAINS];

static void arm(enum chain chain, long period)
{
	struct itimerspec value = { .it_value.tv_nsec = 400000, .it_interval.tv_nsec = period };

	must(timer_settime(timers[chain], 0, &value, NULL));
}

static void arm_interval(void)
{
	must(setitimer(ITIMER_REAL, &(struct itimerval){ .it_value.tv_usec = 300 }, NULL));
}

static void by_interval(int sig)
{
	__atomic_add_fetch(&count[BY_INTERVAL], 1, __ATOMIC_SEQ_CST);
	arm_interval();
}

static void by_timer(int sig, siginfo_t *info, void *context)
{
	enum chain chain = info->si_value.sival_int;

	check(info->si_code == SI_TIMER && sig == SIGRTMIN + (int)chain, "signal %d of chain %d, code %d",
	      sig, chain, info->si_code);
	__atomic_add_fetch(&count[chain], 1 + (chain == PERIODIC ? info->si_overrun : 0), __ATOMIC_SEQ_CST);
	if (chain == BY_HANDLER)
		arm(chain, 0);
}

static void create(enum chain chain, pid_t tid)
{
	struct sigaction action = { .sa_sigaction = by_timer, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigevent event = { .sigev_signo = SIGRTMIN + chain, .sigev_value.sival_int = chain };

	event.sigev_notify = tid ? SIGEV_THREAD_ID : SIGEV_SIGNAL;
	event._sigev_un._tid = tid;
	must(sigaction(SIGRTMIN + chain, &action, NULL));
	must(timer_create(CLOCK_MONOTONIC, &event, &timers[chain]));
	arm(chain, chain == PERIODIC ? PERIOD : 0);
}

/* The others do not take its signals: they are sent to it alone. */
static void *waiter(void *arg)
{
	struct timespec limit = { .tv_sec = 20 };
	siginfo_t info;
	sigset_t set;

	sigfillset(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + BY_THREAD);
	create(BY_THREAD, syscall(SYS_gettid));
	for (;;) {
		int sig = must(sigtimedwait(&set, &info, &limit));

		by_timer(sig, &info, NULL);
		arm(BY_THREAD, 0);
	}
	return NULL;
}

static long now(void)
{
	struct timespec time;

	must(clock_gettime(CLOCK_MONOTONIC, &time));
	return time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Each chain still grows. */
static void expect_alive(void)
{
	unsigned long seen[CHAINS];

	for (int i = 0; i < CHAINS; i++)
		seen[i] = __atomic_load_n(&count[i], __ATOMIC_SEQ_CST);
	for (int i = 0; i < CHAINS; i++)
		for (long end = now() + 20000000000; __atomic_load_n(&count[i], __ATOMIC_SEQ_CST) < seen[i] + 3;) {
			check(now() < end, "chain %d ends with %lu", i, seen[i]);
			usleep(500);
		}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = by_interval, .sa_flags = SA_RESTART };
	pthread_t thread;
	long start, fired;

	test_init(argc, argv);
	start = now();
	must(sigaction(SIGALRM, &action, NULL));
	arm_interval();
	create(BY_HANDLER, 0);
	create(PERIODIC, 0);
	check(!pthread_create(&thread, NULL, waiter, NULL), "no thread");
	expect_alive();
	test_ready();
	while (!test_stopped())
		usleep(200);
	expect_alive();
	fired = __atomic_load_n(&count[PERIODIC], __ATOMIC_SEQ_CST);
	check(fired <= (now() - start) / PERIOD + 1, "%ld expirations in %ld ns", fired, now() - start);
	pass();
}
