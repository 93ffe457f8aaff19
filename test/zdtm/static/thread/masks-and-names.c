// SPDX-License-Identifier: GPL-2.0-only
/* Every thread keeps a signal mask, a name and a nice value of its own.
 *
 * flavours: host ns uns compat
 * kinds: scheduler
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define THREADS 3

static pthread_barrier_t barrier;

static void *work(void *arg)
{
	int number = (uintptr_t)arg;
	char name[16], now[16] = "";
	sigset_t mask, mask_now;

	snprintf(name, sizeof(name), "odd) %d (", number);
	must(prctl(PR_SET_NAME, name));
	sigemptyset(&mask);
	sigaddset(&mask, SIGRTMIN + number);
	sigaddset(&mask, SIGTERM);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	must(setpriority(PRIO_PROCESS, gettid(), number));
	pthread_barrier_wait(&barrier);
	test_wait();
	must(prctl(PR_GET_NAME, now));
	check(!strcmp(now, name), "the name was '%s' and is '%s'", name, now);
	pthread_sigmask(SIG_SETMASK, NULL, &mask_now);
	for (int sig = 1; sig <= 64; sig++)
		check(sigismember(&mask, sig) == sigismember(&mask_now, sig), "thread %d: bit of signal %d",
		      number, sig);
	check(getpriority(PRIO_PROCESS, gettid()) == number, "thread %d: the nice value has changed", number);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS];

	test_init(argc, argv);
	pthread_barrier_init(&barrier, NULL, THREADS + 1);
	for (uintptr_t i = 0; i < THREADS; i++)
		check(!pthread_create(&thread[i], NULL, work, (void *)(i + 1)), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	pass();
}
