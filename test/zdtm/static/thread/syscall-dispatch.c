// SPDX-License-Identifier: GPL-2.0-only
/* Syscall user dispatch: mode, switch and the code that is let through stay those of each thread. The switch is on
 * BLOCK while the thread is dumped: a system call made for the dump would be taken for one of the thread.
 *
 * flavours: host ns
 * skip-if: not-x86 dispatch-untold
 * kinds: syscall_dispatch
 */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif
#ifndef SYSCALL_DISPATCH_FILTER_ALLOW
#define SYSCALL_DISPATCH_FILTER_ALLOW 0
#define SYSCALL_DISPATCH_FILTER_BLOCK 1
#endif
#ifndef SYS_USER_DISPATCH
#define SYS_USER_DISPATCH 2
#endif

static volatile char selector = SYSCALL_DISPATCH_FILTER_ALLOW;
static volatile sig_atomic_t caught, last_number, last_code;
static volatile int state; /* 1: waits in blocked code, -1: kernel cannot */

/* The switch is on: no system call, also not by the C library. */
static void on_call(int sig, siginfo_t *info, void *context)
{
	selector = SYSCALL_DISPATCH_FILTER_ALLOW;
	last_number = info->si_syscall;
	last_code = info->si_code;
	caught++;
}

static void *work(void *arg)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0L, 0L, &selector)) {
		state = -1;
		return NULL;
	}
	selector = SYSCALL_DISPATCH_FILTER_BLOCK;
	state = 1;
	while (!test_stopped())
		;
	check(!caught && selector == SYSCALL_DISPATCH_FILTER_BLOCK, "a system call of somebody else was caught");
	syscall(SYS_getppid);
	check(caught == 1 && last_number == SYS_getppid && last_code == SYS_USER_DISPATCH,
	      "the thread's own call is caught %d times, as number %d, code %d", (int)caught,
	      (int)last_number, (int)last_code);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_sigaction = on_call, .sa_flags = SA_SIGINFO };
	pthread_t thread;

	test_init(argc, argv);
	must(sigaction(SIGSYS, &action, NULL));
	check(!pthread_create(&thread, NULL, work, NULL), "no thread");
	while (!state)
		usleep(100);
	if (state < 0)
		skip("no syscall user dispatch in this kernel");
	test_ready();
	test_wait();
	pthread_join(thread, NULL);
	/* The other thread has none. */
	selector = SYSCALL_DISPATCH_FILTER_BLOCK;
	must(syscall(SYS_getppid));
	selector = SYSCALL_DISPATCH_FILTER_ALLOW;
	check(caught == 1, "a call of the first thread was caught");
	pass();
}
