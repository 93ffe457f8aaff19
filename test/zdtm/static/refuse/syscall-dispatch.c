// SPDX-License-Identifier: GPL-2.0-only
/* A thread whose system calls go to its handler, on a kernel that tells nobody (syscall user dispatch, Linux 5.11 to 6.3):
 * that a system call made for the dump has gone there as well costs it neither the call nor the handler.
 *
 * refuses: syscall user dispatch), about which this kernel tells nothing
 * skip-if: not-x86 dispatch-told
 * kinds: syscall_dispatch
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif
#define ALLOW 0
#define BLOCK 1

static volatile char selector = ALLOW;
static volatile sig_atomic_t caught, last_number;
static volatile int state; /* 1: waits in blocked code, -1: kernel cannot */

/* No system call, also not by the C library, before the switch is off. */
static void on_call(int sig, siginfo_t *info, void *context)
{
	selector = ALLOW;
	last_number = info->si_syscall;
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
	selector = BLOCK;
	state = 1;
	while (!test_stopped())
		;
	if (!caught && selector == BLOCK)
		syscall(SYS_getppid);
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
	check(caught == 1 && last_number == SYS_getppid, "%d calls were caught, the last is number %d",
	      (int)caught, (int)last_number);
	pass();
}
