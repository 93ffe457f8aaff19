// SPDX-License-Identifier: GPL-2.0-only
/* Guard pages (MADV_GUARD_INSTALL, from 6.13 on; in files and shared memory from 6.15 on): pages within a mapping that
 * fault when touched. Not mappings of their own; collect adds an entry for each run behind the mappings. Those of
 * private memory are installed where it is gathered, the others by the restorer. */
#include <errno.h>

#include "criu/blobs/restorer/restorer.h"
#include "criu/model/arguments.h"
#include "criu/objects/memory/memory.h"
#include "criu/util/macros.h"

static bool guard_matches(const struct mapping *mapping)
{
	return mapping->record->status == VMA_GUARD;
}

static int guard_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	return 0;
}

static bool guard_reads(const VmaEntry *record)
{
	return record->status == VMA_GUARD;
}

const struct mapping_kind guard_kind = {
	.name = "guard",
	.matches = guard_matches,
	.dump = guard_dump,
	.reads = guard_reads,
	.within = true,
};

/* --- restore: the parts of a guard that lie in memory which is not gathered --- */

/* Where others wrote them, they stand behind the mappings. */
static const VmaEntry *guard_of(const MmEntry *mm, size_t i)
{
	if (i < mm->n_guards)
		return mm->guards[i];
	return mm->vmas[i - mm->n_guards]->status == VMA_GUARD ? mm->vmas[i - mm->n_guards] : NULL;
}

/* Index of the first mapping that ends behind @address. */
static unsigned int find_mapping(const struct task *task, uint64_t address)
{
	unsigned int low = 0, high = task->nr_mappings;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (task->mappings[middle].record->end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static size_t add_parts(const struct task *task, const VmaEntry *guard, struct restorer_memory_guard *ret)
{
	size_t nr = 0;

	for (unsigned int i = find_mapping(task, guard->start); i < task->nr_mappings; i++) {
		const VmaEntry *record = task->mappings[i].record;
		uint64_t start = MAX(record->start, guard->start), end = MIN(record->end, guard->end);

		if (start >= end)
			break;
		if (task->mappings[i].staging)
			continue;
		if (ret)
			ret[nr] = (struct restorer_memory_guard){ .start = start, .length = end - start };
		nr++;
	}
	return nr;
}

static size_t find_parts(const struct task *task, struct restorer_memory_guard *ret)
{
	const MmEntry *mm = task->mm;
	size_t nr = 0;

	for (size_t i = 0; i < mm->n_guards + mm->n_vmas; i++) {
		const VmaEntry *guard = guard_of(mm, i);

		if (guard)
			nr += add_parts(task, guard, ret ? ret + nr : NULL);
	}
	return nr;
}

static size_t guard_pages_room(struct restore *restore, const struct task *task)
{
	return find_parts(task, NULL) * sizeof(struct restorer_memory_guard) + 64;
}

static int guard_pages_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	size_t nr = find_parts(task, NULL);
	struct restorer_memory_guard *guards = arguments_alloc(restore, nr * sizeof(*guards), &ret->guards);

	if (!guards)
		return -ENOMEM;
	ret->nr_guards = (uint32_t)find_parts(task, guards);
	return 0;
}

const struct task_kind guard_pages_kind = {
	.name = "guard-pages",
	.room = guard_pages_room,
	.plan_task = guard_pages_plan_task,
};
