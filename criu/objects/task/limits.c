// SPDX-License-Identifier: GPL-2.0-only
/* Resource limits: read from /proc, set only where they differ, so that no right to raise a limit is needed. */
#include <errno.h>
#include <sys/resource.h>

#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/limits.h"
#include "criu/kernel/proc/stat.h"
#include "criu/objects/kinds.h"
#include "criu/util/log.h"

static int limits_dump_task(struct dump *dump, struct task *task)
{
	TaskRlimitsEntry *entry = arena_new(&dump->arena, TaskRlimitsEntry);
	struct proc_limits limits;
	int error;

	if (task->state == TASK_DEAD)
		return 0;
	error = proc_read_limits(task->proc_fd, &limits);
	if (error < 0)
		return log_errno(error, "task %d: resource limits cannot be read", task->pid);
	task_rlimits_entry__init(entry);
	entry->rlimits = arena_array(&dump->arena, RlimitEntry *, PROC_LIMIT_COUNT);
	for (int i = 0; i < PROC_LIMIT_COUNT; i++) {
		RlimitEntry *limit = arena_new(&dump->arena, RlimitEntry);

		rlimit_entry__init(limit);
		limit->cur = limits.items[i].soft;
		limit->max = limits.items[i].hard;
		entry->rlimits[entry->n_rlimits++] = limit;
	}
	task_core(task)->tc->rlimits = entry;
	return 0;
}

static int limits_load(struct restore *restore, struct task *task)
{
	const TaskRlimitsEntry *entry = task_core(task)->tc->rlimits;

	for (size_t i = 0; entry && i < entry->n_rlimits && i < PROC_LIMIT_COUNT; i++)
		if (entry->rlimits[i]->cur > entry->rlimits[i]->max)
			restore_refuse(restore, task, "resource limit %zu: soft %lu is above hard %lu", i,
				       (unsigned long)entry->rlimits[i]->cur,
				       (unsigned long)entry->rlimits[i]->max);
	return 0;
}

static int limits_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	const TaskRlimitsEntry *entry = task_core(task)->tc->rlimits;

	for (size_t i = 0; entry && i < entry->n_rlimits && i < PROC_LIMIT_COUNT; i++) {
		struct rlimit now;

		if (getrlimit(i, &now) < 0)
			return log_errno(errno, "task %d: resource limit %zu cannot be read", task->pid, i);
		if (now.rlim_cur == entry->rlimits[i]->cur && now.rlim_max == entry->rlimits[i]->max)
			continue;
		ret->limits[i].soft = entry->rlimits[i]->cur;
		ret->limits[i].hard = entry->rlimits[i]->max;
		ret->set_limits |= 1U << i;
	}
	return 0;
}

const struct task_kind limits_kind = {
	.name = "limits",
	.dump_task = limits_dump_task,
	.load = limits_load,
	.plan_task = limits_plan_task,
};
