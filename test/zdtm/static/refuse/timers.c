// SPDX-License-Identifier: GPL-2.0-only
/* Timers by CPU clocks that cannot be found again: that of a process outside, that of "the calling thread", which nobody
 * knows any more among several.
 *
 * refuses: the process whose CPU time it counts is not in the tree; which thread's CPU time it counts cannot be told
 * kinds: timers
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int runs;

static void *work(void *arg)
{
	__atomic_store_n(&runs, 1, __ATOMIC_SEQ_CST);
	test_wait();
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	clockid_t clock;
	pthread_t thread;
	int id;

	test_init(argc, argv);
	check(!clock_getcpuclockid(1, &clock), "no clock of process 1");
	must(syscall(SYS_timer_create, clock, &event, &id));
	must(syscall(SYS_timer_create, CLOCK_THREAD_CPUTIME_ID, &event, &id));
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	while (!__atomic_load_n(&runs, __ATOMIC_SEQ_CST))
		usleep(100);
	test_ready();
	test_wait();
	pthread_join(thread, NULL);
	pass();
}
