// SPDX-License-Identifier: GPL-2.0-only
/* Signals that wait for single threads stay theirs, those of the process stay shared.
 *
 * flavours: host ns compat
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define THREADS 3

static pthread_barrier_t barrier;
static sigset_t set;

static void *work(void *arg)
{
	struct timespec at_once = {};
	int number = (uintptr_t)arg;
	siginfo_t info;

	pthread_barrier_wait(&barrier);
	test_wait();
	pthread_barrier_wait(&barrier);
	for (int i = 0; i <= number; i++) {
		check(sigtimedwait(&set, &info, &at_once) == SIGRTMIN + 5, "thread %d: signal %d is missing",
		      number, i);
		check(info.si_value.sival_int == number * 10 + i, "thread %d: value %d", number,
		      info.si_value.sival_int);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct timespec at_once = {};
	pthread_t thread[THREADS];
	siginfo_t info;

	test_init(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 5);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (uintptr_t i = 0; i < THREADS; i++)
		check(!pthread_create(&thread[i], NULL, work, (void *)i), "no thread");
	for (int t = 0; t < THREADS; t++)
		for (int i = 0; i <= t; i++)
			pthread_sigqueue(thread[t], SIGRTMIN + 5, (union sigval){ .sival_int = t * 10 + i });
	must(sigqueue(getpid(), SIGRTMIN + 5, (union sigval){ .sival_int = 77 }));
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	/* Before the threads look: the shared one could go to any of them. */
	check(sigtimedwait(&set, &info, &at_once) == SIGRTMIN + 5 && info.si_value.sival_int == 77,
	      "the shared signal is not the one that was queued");
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	check(sigtimedwait(&set, &info, &at_once) == -1, "there is one signal too many");
	pass();
}
