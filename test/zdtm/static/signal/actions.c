// SPDX-License-Identifier: GPL-2.0-only
/* Handler, flags, mask and restorer of every signal are kept; so are ignored and default ones.
 *
 * flavours: host ns uns compat
 * kinds: signals
 */
#include "test.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the kernel takes; the C library would add its own flags and restorer. */
struct kernel_action {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

static volatile int handled;

static void handler(int sig)
{
	handled = sig;
}

static void query(int sig, struct kernel_action *ret_action)
{
	memset(ret_action, 0, sizeof(*ret_action));
	must(syscall(SYS_rt_sigaction, sig, NULL, ret_action, 8));
}

static void set_up(int sig)
{
	struct sigaction action = { .sa_handler = handler };

	if (sig % 4 == 0)
		action.sa_handler = SIG_IGN;
	if (sig % 4 == 1)
		action.sa_flags = SA_RESTART | SA_NODEFER | SA_ONSTACK;
	if (sig % 4 == 2)
		action.sa_flags = SA_SIGINFO | SA_RESETHAND;
	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, sig % 31 + 1);
	if (sig % 4 != 3)
		must(sigaction(sig, &action, NULL));
}

int main(int argc, char **argv)
{
	struct kernel_action before[65], after;

	test_init(argc, argv);
	for (int sig = 1; sig <= 64; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP || sig == 32 || sig == 33)
			continue;
		if (sig != SIGTERM && sig != SIGCHLD)
			set_up(sig);
		query(sig, &before[sig]);
	}
	test_ready();
	test_wait();
	for (int sig = 1; sig <= 64; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP || sig == 32 || sig == 33)
			continue;
		query(sig, &after);
		check(!memcmp(&before[sig], &after, sizeof(after)),
		      "signal %d: %p %#lx %p %#" PRIx64 " became %p %#lx %p %#" PRIx64, sig,
		      before[sig].handler, before[sig].flags, before[sig].restorer, before[sig].mask,
		      after.handler, after.flags, after.restorer, after.mask);
	}
	raise(SIGUSR1);
	check(handled == SIGUSR1, "the handler does not run");
	pass();
}
