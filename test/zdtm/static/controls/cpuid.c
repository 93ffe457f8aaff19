// SPDX-License-Identifier: GPL-2.0-only
/* A thread that gets SIGSEGV for the CPUID instruction (ARCH_SET_CPUID), beside one that may use it.
 *
 * flavours: host ns
 * skip-if: not-x86
 */
#include "test.h"

#include <cpuid.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define GET_CPUID 0x1011
#define SET_CPUID 0x1012

static pthread_barrier_t barrier;
static __thread sigjmp_buf escape;

static void on_fault(int sig)
{
	siglongjmp(escape, 1);
}

static bool cpuid_faults(void)
{
	unsigned int a, b, c, d;

	if (sigsetjmp(escape, 1))
		return true;
	__cpuid(0, a, b, c, d);
	return false;
}

static void *work(void *arg)
{
	must(syscall(SYS_arch_prctl, SET_CPUID, 0));
	pthread_barrier_wait(&barrier);
	test_wait();
	check(syscall(SYS_arch_prctl, GET_CPUID, 0) == 0, "the thread may use CPUID, says the kernel");
	check(cpuid_faults(), "the thread may use CPUID");
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	if (syscall(SYS_arch_prctl, SET_CPUID, 1) < 0)
		skip("this processor has no CPUID faulting");
	signal(SIGSEGV, on_fault);
	pthread_barrier_init(&barrier, NULL, 2);
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	pthread_barrier_wait(&barrier);
	test_ready();
	test_wait();
	check(!cpuid_faults(), "the other thread may not use CPUID any more");
	/* A thread inherits it: not this way. */
	pthread_join(thread, NULL);
	pass();
}
