// SPDX-License-Identifier: GPL-2.0-only
/* Seccomp of threads. It comes before the credentials, because it needs CAP_SYS_ADMIN where a task is to have neither
 * that nor no_new_privs, and so before system calls which it would deny: these pass because the task is seized by
 * then, with PTRACE_O_SUSPEND_SECCOMP. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "criu/blobs/restorer/internal.h"

long step_await_seizure(struct context *context)
{
	struct restorer_shared *shared = context->shared;

	if (!context->task->ends_under_seccomp)
		return 0;
	count_up(&shared->gated);
	wait_for(&shared->gate, 1);
	return 0;
}

static long install(struct context *context, uint32_t filters, uint32_t nr, uint32_t flags)
{
	const struct restorer_filter *filter = at_offset(context, filters);
	long error = 0;

	for (uint32_t i = 0; !error && i < nr; i++, filter++) {
		struct sock_fprog program = { .len = filter->length, .filter = at_offset(context, filter->code) };

		context->value = i;
		error = call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, filter->flags | flags, &program);
	}
	/* The number of a thread that has other filters. */
	return error > 0 ? -EBUSY : error;
}

/* What all threads share is installed by the leader, for all of them at once; then each goes on by itself. */
static long install_shared(struct context *context)
{
	struct restorer_task *task = context->task;
	long error = 0;

	if (!task->nr_filters)
		return 0;
	if (context->thread->tid != task->pid) {
		wait_for(&task->filters_done, 1);
		return 0;
	}
	error = install(context, task->filters, task->nr_filters,
			task->nr_threads > 1 ? SECCOMP_FILTER_FLAG_TSYNC : 0);
	if (error)
		return error;
	count_up(&task->filters_done);
	return 0;
}

long step_set_seccomp(struct context *context)
{
	const struct restorer_thread *thread = context->thread;
	long error;

	if (!context->task->ends_under_seccomp)
		return 0;
	error = install_shared(context);
	if (!error)
		error = install(context, thread->filters, thread->nr_filters, 0);
	if (!error && thread->seccomp_strict)
		error = call(__NR_prctl, PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);
	return error;
}
