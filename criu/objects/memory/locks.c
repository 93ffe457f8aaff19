// SPDX-License-Identifier: GPL-2.0-only
/* mlockall(2) of mappings to come. No file tells it, but memory that was mapped for the parasite is such a mapping:
 * locked or not, wholly or on fault. Locks of mappings that are there belong to their records. */
#include <compel/compel.h>
#include <errno.h>
#include <sys/mman.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/mappings.h"
#include "criu/objects/memory/memory.h"
#include "criu/util/log.h"

static const char state_key;

struct lock_state {
	uint32_t future; /* MCL_* */
};

static struct lock_state *state_of(struct dump *dump, const struct task *task)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &state_key, (uint64_t)task->pid,
			      sizeof(struct lock_state), NULL);
}

static uint32_t flags_of_own(const struct proc_mappings *all, uint64_t address)
{
	for (size_t i = 0; i < all->count; i++) {
		if (address < all->items[i].start || address >= all->items[i].end)
			continue;
		return MCL_FUTURE | (all->items[i].flags & PROC_VM_LOCK_ON_FAULT ? MCL_ONFAULT : 0);
	}
	return MCL_FUTURE;
}

static int memory_locks_ask(struct dump *dump, struct task *task, uint64_t room)
{
	_cleanup_proc_mappings_ struct proc_mappings all = { 0 };
	int error;

	if (!task->parasite->locks_future)
		return 0;
	error = proc_read_smaps(task->proc_fd, &all);
	if (error < 0)
		return log_errno(error, "task %d: cannot read its smaps", task->pid);
	state_of(dump, task)->future = flags_of_own(&all, compel_data_address(task->compel));
	return 0;
}

static int memory_locks_dump_task(struct dump *dump, struct task *task)
{
	if (task->state == TASK_DEAD || !task->parasite->locks_future)
		return 0;
	task->mm->has_lock_future = true;
	task->mm->lock_future = state_of(dump, task)->future;
	return 0;
}

static int memory_locks_load(struct restore *restore, struct task *task)
{
	uint32_t flags = task->mm->lock_future;

	if (flags && flags != MCL_FUTURE && flags != (MCL_FUTURE | MCL_ONFAULT))
		return log_fail(-EBADMSG, "image 'mm-%d.img': mlockall with flags %x cannot be", task->pid, flags);
	return 0;
}

static int memory_locks_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	ret->lock_future = task->mm->lock_future;
	return 0;
}

const struct task_kind memory_locks_kind = {
	.name = "memory-locks",
	.ask = memory_locks_ask,
	.dump_task = memory_locks_dump_task,
	.load = memory_locks_load,
	.plan_task = memory_locks_plan_task,
};
