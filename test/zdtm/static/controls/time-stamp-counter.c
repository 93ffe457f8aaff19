// SPDX-License-Identifier: GPL-2.0-only
/* A thread that gets SIGSEGV when it reads the time stamp counter (PR_SET_TSC), beside one that may.
 *
 * flavours: host ns
 * skip-if: not-x86
 */
#include "test.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/prctl.h>

static pthread_barrier_t barrier;
static __thread sigjmp_buf escape;

static void on_fault(int sig)
{
	siglongjmp(escape, 1);
}

static bool counter_faults(void)
{
	if (sigsetjmp(escape, 1))
		return true;
	__builtin_ia32_rdtsc();
	return false;
}

static void *work(void *arg)
{
	int mode = 0;

	must(prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	pthread_barrier_wait(&barrier);
	test_wait();
	must(prctl(PR_GET_TSC, &mode));
	check(mode == PR_TSC_SIGSEGV, "mode is %d", mode);
	check(counter_faults(), "the counter can be read");
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	signal(SIGSEGV, on_fault);
	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	check(!counter_faults(), "the counter cannot be read by the other thread");
	pthread_join(thread, NULL);
	pass();
}
