// SPDX-License-Identifier: GPL-2.0-only
/* Timers whose signal goes to one thread (SIGEV_THREAD_ID) go on doing so, by every clock that timers can have; one
 * without signal (SIGEV_NONE) runs on.
 *
 * flavours: host ns
 * kinds: timers
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const clockid_t clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI };

#define CLOCKS ARRAY_SIZE(clocks)

static int tids[CLOCKS], ids[CLOCKS], silent;
static pthread_barrier_t barrier;

static void *work(void *arg)
{
	int number = (uintptr_t)arg;
	siginfo_t info;
	sigset_t set;

	__atomic_store_n(&tids[number], gettid(), __ATOMIC_SEQ_CST);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	pthread_barrier_wait(&barrier);
	must(sigwaitinfo(&set, &info));
	check(info.si_code == SI_TIMER && info.si_timerid == ids[number] && info.si_value.sival_int == 40 + number,
	      "thread %d gets the signal of timer %d, value %d", number, info.si_timerid, info.si_value.sival_int);
	return NULL;
}

static void make(int number)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 1 };
	struct itimerspec value = { .it_value = { 1000, 0 } };

	event.sigev_value.sival_int = 40 + number;
	event._sigev_un._tid = tids[number];
	must(syscall(SYS_timer_create, clocks[number], &event, &ids[number]));
	must(syscall(SYS_timer_settime, ids[number], 0, &value, NULL));
}

int main(int argc, char **argv)
{
	struct itimerspec soon = { .it_value = { 0, 1 } }, value = { { 30, 0 }, { 1000, 0 } };
	struct sigevent nothing = { .sigev_notify = SIGEV_NONE };
	pthread_t thread[CLOCKS];
	sigset_t set;

	test_init(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	pthread_barrier_init(&barrier, NULL, CLOCKS + 1);
	for (uintptr_t i = 0; i < CLOCKS; i++)
		check(!pthread_create(&thread[i], NULL, work, (void *)i), "no thread");
	pthread_barrier_wait(&barrier);
	for (size_t i = 0; i < CLOCKS; i++)
		make(i);
	must(syscall(SYS_timer_create, CLOCK_MONOTONIC, &nothing, &silent));
	must(syscall(SYS_timer_settime, silent, 0, &value, NULL));
	test_ready();
	test_wait();
	must(syscall(SYS_timer_gettime, silent, &value));
	check(value.it_interval.tv_sec == 30 && value.it_value.tv_sec > 400,
	      "the silent timer has %ld s left", value.it_value.tv_sec);
	/* In the other order: each has its own. */
	for (size_t i = CLOCKS; i-- > 0;)
		must(syscall(SYS_timer_settime, ids[i], 0, &soon, NULL));
	for (size_t i = 0; i < CLOCKS; i++)
		pthread_join(thread[i], NULL);
	pass();
}
