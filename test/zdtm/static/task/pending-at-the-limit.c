// SPDX-License-Identifier: GPL-2.0-only
/* More signals and timers than the limit for pending signals now allows: it was lowered after they came.
 *
 * flavours: host ns
 * kinds: limits
 */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define COUNT 5

static pthread_barrier_t barrier;

static int take(const sigset_t *set)
{
	const struct timespec now = { 0, 0 };
	int nr = 0;

	while (sigtimedwait(set, NULL, &now) > 0)
		nr++;
	return nr;
}

static void *work(void *arg)
{
	union sigval value = { 0 };

	for (int i = 0; i < COUNT; i++)
		check(!pthread_sigqueue(pthread_self(), SIGRTMIN + 1, value), "no signal");
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	test_wait();
	check(take(arg) == COUNT, "signals of the thread are gone");
	pthread_barrier_wait(&barrier);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2 };
	struct rlimit limit = { 1, 1 }, now;
	union sigval value = { 0 };
	sigset_t set, privately;
	pthread_t thread;
	timer_t timer;

	test_init(argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigemptyset(&privately);
	sigaddset(&privately, SIGRTMIN + 1);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	must(sigprocmask(SIG_BLOCK, &privately, NULL));
	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, work, &privately), "no thread");
	pthread_barrier_wait(&barrier);
	must(timer_create(CLOCK_MONOTONIC, &event, &timer));
	for (int i = 0; i < COUNT; i++)
		must(sigqueue(getpid(), SIGRTMIN, value));
	must(setrlimit(RLIMIT_SIGPENDING, &limit));
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	check(take(&set) == COUNT, "signals of the process are gone");
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	must(getrlimit(RLIMIT_SIGPENDING, &now));
	check(now.rlim_cur == 1 && now.rlim_max == 1, "limit is %lu/%lu", now.rlim_cur, now.rlim_max);
	must(timer_delete(timer));
	pass();
}
