// SPDX-License-Identifier: GPL-2.0-only
/* mlockall(2) of mappings to come. No file tells it, but memory that was mapped for the parasite is such a mapping:
 * locked or not, wholly or on fault. Locks of mappings that are there belong to their records. */
#include <compel/compel.h>
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/mappings.h"
#include "criu/kernel/proc/open.h"
#include "criu/objects/memory/memory.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

static const char state_key;

struct lock_state {
	uint32_t future; /* MCL_* */
};

static struct lock_state *state_of(struct dump *dump, const struct task *task)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &state_key, (uint64_t)task->pid,
			      sizeof(struct lock_state), NULL);
}

/* --- locks on fault in smaps --- */

static const struct proc_mapping *find_address(const struct proc_mappings *all, uint64_t address)
{
	for (size_t i = 0; i < all->count; i++) {
		if (address >= all->items[i].start && address < all->items[i].end)
			return &all->items[i];
	}
	return NULL;
}

/* How the kernel shows a lock that is one on fault for sure. */
static uint64_t look_at_lock(void)
{
	_cleanup_proc_mappings_ struct proc_mappings all = { 0 };
	_cleanup_close_ int self = proc_open_task(getpid());
	void *page = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct proc_mapping *found = NULL;
	uint64_t flags;

	if (page == MAP_FAILED)
		return 0;
	if (mlock2(page, PAGE_SIZE, MLOCK_ONFAULT) == 0 && self >= 0 && proc_read_smaps(self, &all) == 0)
		found = find_address(&all, (uintptr_t)page);
	flags = found ? found->flags : 0;
	munmap(page, PAGE_SIZE);
	return flags;
}

uint64_t memory_settle_flags(struct dump *dump, uint64_t flags)
{
	static const char key;
	uint64_t *shown;
	bool is_new;

	if (!(flags & PROC_VM_UNNAMED))
		return flags;
	flags &= ~(uint64_t)PROC_VM_UNNAMED;
	shown = kind_state_get(&dump->kind_state, &dump->arena, &key, 0, sizeof(*shown), &is_new);
	if (is_new)
		*shown = look_at_lock();
	return flags | ((flags & PROC_VM_LOCKED) && (*shown & PROC_VM_UNNAMED) ? PROC_VM_LOCK_ON_FAULT
									       : PROC_VM_UNKNOWN);
}

/* --- dump --- */

static uint32_t flags_of_own(struct dump *dump, const struct proc_mappings *all, uint64_t address)
{
	const struct proc_mapping *own = find_address(all, address);
	uint64_t flags = own ? memory_settle_flags(dump, own->flags) : 0;

	return MCL_FUTURE | (flags & PROC_VM_LOCK_ON_FAULT ? MCL_ONFAULT : 0);
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
	state_of(dump, task)->future = flags_of_own(dump, &all, compel_data_address(task->compel));
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
