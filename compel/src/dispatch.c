// SPDX-License-Identifier: LGPL-2.1-only
/* Syscall user dispatch of a thread (Linux 6.4 lets a tracer see it): off while we make system calls in it. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>

#include "compel/src/internal.h"

#ifndef PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG
#define PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG 0x4210
#define PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG 0x4211
#endif
#ifndef SYS_USER_DISPATCH
#define SYS_USER_DISPATCH 2
#endif

static int read_config(const struct compel_thread *thread, struct compel_dispatch *ret_dispatch)
{
	return ptrace(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, thread->tid, sizeof(*ret_dispatch), ret_dispatch)
		       ? -errno
		       : 0;
}

int compel_get_dispatch(const struct compel_thread *thread, struct compel_dispatch *ret_dispatch)
{
	/* Switched off by us: what the thread had is in the ledger. */
	if (!(atomic_load(&home_slot(thread)->flags) & LEDGER_DISPATCH))
		return read_config(thread, ret_dispatch);
	*ret_dispatch = home_slot(thread)->dispatch;
	return 0;
}

bool dispatch_read(struct compel_thread *thread, struct compel_dispatch *ret_dispatch)
{
	int error = read_config(thread, ret_dispatch);

	thread->dispatch_untold = error == -EIO;
	return !error && ret_dispatch->mode;
}

/* Where nobody tells, the thread's answer to a system call of ours is SIGSYS, and the kernel forgets the handler of a
 * signal that it has to force upon a thread which blocks it (force_sig_info_to_task() in kernel/signal.c). */
uint64_t dispatch_let_through(const struct compel_thread *thread, uint64_t blocked)
{
	uint64_t own = 1ULL << (SIGSYS - 1);

	return thread->dispatch_untold && !(thread->blocked & own) ? blocked & ~own : blocked;
}

int dispatch_judge(struct compel_thread *thread, int signal)
{
	siginfo_t info = { 0 };

	if (signal == SIGSYS && thread->dispatch_untold &&
	    !ptrace(PTRACE_GETSIGINFO, thread->tid, NULL, &info) && info.si_code <= 0)
		/* Sent by somebody: resumed with it, the thread puts it back among those that wait. */
		return thread_set_blocked(thread, UINT64_MAX);
	if (info.si_code == SYS_USER_DISPATCH)
		return compel_fail(-EOPNOTSUPP,
				   "%s: has its system calls sent to itself (syscall user dispatch), about which this "
				   "kernel tells nothing; Linux 6.4 does",
				   compel_thread_name(thread));
	return compel_fail(-EFAULT, "%s: foreign code raised signal %d", compel_thread_name(thread), signal);
}

int compel_set_dispatch(const struct compel_thread *thread, const struct compel_dispatch *dispatch)
{
	return ptrace(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, thread->tid, sizeof(*dispatch), dispatch) ? -errno
													 : 0;
}

int dispatch_switch_off(const struct compel_thread *thread)
{
	const struct compel_dispatch off = { 0 };
	int error = compel_set_dispatch(thread, &off);

	if (error)
		return compel_fail(error, "%s: its syscall user dispatch cannot be switched off: %s",
				   compel_thread_name(thread), strerror(-error));
	return 0;
}
