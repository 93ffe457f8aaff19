// SPDX-License-Identifier: LGPL-2.1-only
/* Syscall user dispatch of a thread (Linux 6.4 lets a tracer see it): off while we make system calls in it. */
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>

#include "compel/src/internal.h"

#ifndef PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG
#define PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG 0x4210
#define PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG 0x4211
#endif

bool dispatch_read(const struct compel_thread *thread, struct ledger_dispatch *ret_dispatch)
{
	return !ptrace(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, thread->tid, sizeof(*ret_dispatch), ret_dispatch) &&
	       ret_dispatch->mode;
}

int dispatch_put_back(const struct compel_thread *thread, const struct ledger_dispatch *dispatch)
{
	return ptrace(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, thread->tid, sizeof(*dispatch), dispatch) ? -errno
													 : 0;
}

int dispatch_switch_off(const struct compel_thread *thread)
{
	const struct ledger_dispatch off = { 0 };
	int error = dispatch_put_back(thread, &off);

	if (error)
		return compel_fail(error, "%s: its syscall user dispatch cannot be switched off: %s",
				   compel_thread_name(thread), strerror(-error));
	return 0;
}
