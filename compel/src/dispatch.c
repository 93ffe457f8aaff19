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

bool dispatch_read(const struct compel_thread *thread, struct compel_dispatch *ret_dispatch)
{
	return !read_config(thread, ret_dispatch) && ret_dispatch->mode;
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
