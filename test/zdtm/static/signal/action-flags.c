// SPDX-License-Identifier: GPL-2.0-only
/* Every flag of a signal action, as the kernel has it: those that this kernel does not know stay out, and those of
 * SIGCHLD go on deciding about the children.
 *
 * flavours: host ns
 * kinds: signals
 */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif
#define EXPOSE_TAGBITS 0x00000800

struct kernel_action {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

static const unsigned long flags[] = {
	0,
	SA_NOCLDSTOP,
	SA_NOCLDWAIT,
	SA_SIGINFO,
	EXPOSE_TAGBITS,
	SA_ONSTACK,
	SA_RESTART,
	SA_NODEFER,
	SA_RESETHAND,
	SA_NODEFER | SA_RESETHAND | SA_SIGINFO | SA_RESTART | SA_ONSTACK | SA_NOCLDWAIT | EXPOSE_TAGBITS,
};

static struct kernel_action before[ARRAY_SIZE(flags)];

static void query(int sig, struct kernel_action *ret_action)
{
	memset(ret_action, 0, sizeof(*ret_action));
	must(syscall(SYS_rt_sigaction, sig, NULL, ret_action, 8));
}

int main(int argc, char **argv)
{
	struct kernel_action action, after, no_zombies = { (void *)SIG_DFL, SA_NOCLDWAIT | SA_RESTORER, query, 0 };
	pid_t pid;

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		/* Addresses are numbers to the kernel until a signal comes. */
		action = (struct kernel_action){ (void *)(0x1000 + i), flags[i] | SA_RESTORER,
						 (void *)(0x2000 + i), 0x5aUL << i };
		must(syscall(SYS_rt_sigaction, SIGRTMIN + i, &action, NULL, 8));
		query(SIGRTMIN + i, &before[i]);
	}
	must(syscall(SYS_rt_sigaction, SIGCHLD, &no_zombies, NULL, 8));
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		query(SIGRTMIN + i, &after);
		check(!memcmp(&before[i], &after, sizeof(after)),
		      "flags %#lx: %p %#lx %p %#lx became %p %#lx %p %#lx", flags[i], before[i].handler,
		      before[i].flags, before[i].restorer, before[i].mask, after.handler, after.flags,
		      after.restorer, after.mask);
	}
	pid = must(fork());
	if (!pid)
		_exit(1);
	check(waitpid(pid, NULL, 0) == -1 && errno == ECHILD, "a child became a zombie");
	pass();
}
