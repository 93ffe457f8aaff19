// SPDX-License-Identifier: GPL-2.0-only
/* Syscall user dispatch (prctl(2), PR_SET_SYSCALL_USER_DISPATCH): which system calls of a thread become SIGSYS. A tracer
 * sees and sets it since Linux 6.4; compel holds it off while we make system calls in the thread. */
#include <errno.h>
#include <string.h>

#include <compel/compel.h>

#include "criu/objects/kinds.h"
#include "criu/util/log.h"

#define MODE_MAX 2 /* PR_SYS_DISPATCH_INCLUSIVE_ON */

static int syscall_dispatch_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	struct compel_dispatch dispatch;
	SyscallDispatchEntry *entry;
	int error = compel_get_dispatch(thread->compel, &dispatch);

	if (error == -EIO || (!error && !dispatch.mode))
		return 0;
	if (error < 0)
		return log_errno(error, "task %d: thread %d: syscall user dispatch cannot be read", task->pid,
				 thread->tid);
	entry = arena_new(&dump->arena, SyscallDispatchEntry);
	syscall_dispatch_entry__init(entry);
	entry->mode = dispatch.mode;
	entry->selector = dispatch.selector;
	entry->offset = dispatch.offset;
	entry->length = dispatch.length;
	thread->core->thread_core->dispatch = entry;
	return 0;
}

static int syscall_dispatch_load(struct restore *restore, struct task *task)
{
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		const SyscallDispatchEntry *entry = task->threads[i].core->thread_core->dispatch;

		if (entry && (!entry->mode || entry->mode > MODE_MAX))
			restore_refuse(restore, task, "thread %d: syscall user dispatch has no mode %lu",
				       task->threads[i].tid, (unsigned long)entry->mode);
	}
	return 0;
}

/* It takes effect at the release, when nobody can be told of a failure any more: so it is tried now. */
static int try_dispatch(struct compel_thread *thread, const struct compel_dispatch *dispatch)
{
	const struct compel_dispatch off = {};
	int error = compel_set_dispatch(thread, dispatch);

	return error < 0 ? error : compel_set_dispatch(thread, &off);
}

static int syscall_dispatch_finish_thread(struct restore *restore, struct task *task, struct thread *thread)
{
	const SyscallDispatchEntry *entry = thread->core->thread_core->dispatch;
	struct compel_thread *compel;
	struct compel_dispatch dispatch;
	int error = -ESRCH;

	if (!entry)
		return 0;
	compel = restore_seized_thread(restore, thread);
	dispatch = (struct compel_dispatch){ entry->mode, entry->selector, entry->offset, entry->length };
	if (compel)
		error = try_dispatch(compel, &dispatch);
	if (!error)
		error = compel_set_home_dispatch(compel, &dispatch);
	if (error < 0)
		return log_errno(error, "task %d: thread %d: syscall user dispatch cannot be set", task->pid,
				 thread->tid);
	return 0;
}

const struct task_kind syscall_dispatch_kind = {
	.name = "syscall-dispatch",
	.dump_thread = syscall_dispatch_dump_thread,
	.load = syscall_dispatch_load,
	.finish_thread = syscall_dispatch_finish_thread,
};
