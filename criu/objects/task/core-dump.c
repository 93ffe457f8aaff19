// SPDX-License-Identifier: GPL-2.0-only
/* Which memory of a task goes into its core dump: /proc/PID/coredump_filter, kept in the address space. */
#include <errno.h>
#include <unistd.h>

#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/value.h"
#include "criu/objects/kinds.h"
#include "criu/objects/task/own-value.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static int core_dump_dump_task(struct dump *dump, struct task *task)
{
	TaskCoreEntry *core = task_core(task)->tc;
	uint32_t filter;
	int error;

	if (task->state == TASK_DEAD)
		return 0;
	error = proc_read_coredump_filter(task->proc_fd, &filter);
	/* A kernel without core dumps. */
	if (error == -ENOENT)
		return 0;
	if (error < 0)
		return log_errno(error, "task %d: core dump filter cannot be read", task->pid);
	core->has_coredump_filter = 1;
	core->coredump_filter = filter;
	return 0;
}

static int core_dump_in_task(struct restore *restore, struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;
	_cleanup_close_ int self = proc_open_task(getpid());
	uint32_t now;
	int error;

	if (!core->has_coredump_filter)
		return 0;
	error = self < 0 ? self : proc_read_coredump_filter(self, &now);
	if (!error && now != core->coredump_filter)
		error = write_own_value("/proc/self/coredump_filter", core->coredump_filter);
	if (error < 0)
		return log_errno(error, "task %d: core dump filter %#x cannot be set", task->pid,
				 core->coredump_filter);
	return 0;
}

const struct task_kind core_dump_kind = {
	.name = "core-dump",
	.dump_task = core_dump_dump_task,
	.in_task = core_dump_in_task,
};
