// SPDX-License-Identifier: GPL-2.0-only
/* Memory that is registered with a userfaultfd: which pages are missing, and stay so; which are write-protected; which the
 * program has let into its page table. The restorer registers it when all else is in place. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/mappings.h"
#include "criu/model/arguments.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/unnamed.h"
#include "criu/objects/fd/userfaultfd.h"
#include "criu/objects/memory/memory.h"
#include "criu/pages/scan.h"
#include "criu/util/log.h"

extern const struct mapping_kind anonymous_kind, shared_memory_mapping_kind, mapped_file_kind;

/* --- dump --- */

/* What waits for pages that are brought in as soon as they are locked could not be made again. */
static const char *wrong_area(struct dump *dump, const struct fault_area *area)
{
	const struct mapping *mapping = area->mapping;
	bool waits = area->mode & (UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_MINOR);

	if (!area->context)
		return "is registered with a userfaultfd that no task of the tree has, or that cannot be kept; unregister it "
		       "before the dump";
	if (mapping->vm_flags & PROC_VM_HUGE_TLB)
		return "has huge pages and is registered with a userfaultfd, which is not supported; unregister it before the "
		       "dump";
	if (mapping->kind != &anonymous_kind && mapping->kind != &mapped_file_kind &&
	    mapping->kind != &shared_memory_mapping_kind)
		return "is registered with a userfaultfd, which is not supported for memory of this kind; unregister it before "
		       "the dump";
	if (waits && mapping->vm_flags & PROC_VM_LOCKED)
		return "is locked and registered with a userfaultfd, which is not supported; unlock or unregister it before "
		       "the dump";
	if (area->mode & UFFDIO_REGISTER_MODE_WP && !fault_shows_protection())
		return "is registered with a userfaultfd for write protection, which this kernel does not tell of (Linux 5.12 "
		       "does); unregister it before the dump";
	return NULL;
}

static int scan_area(const struct fault_area *area, struct page_scan_registered *found)
{
	_cleanup_page_scan_ struct page_scan scan = PAGE_SCAN_NONE;
	int error = page_scan_open(area->task->proc_fd, &scan);

	return error ? error
		     : page_scan_registered(&scan, area->mapping->record->start, area->mapping->record->end, found);
}

static int survey_area(struct dump *dump, const struct fault_area *area)
{
	const char *wrong = wrong_area(dump, area), *name = mapping_describe(&dump->arena, area->mapping);
	struct page_scan_registered found = { 0 };
	int error = scan_area(area, &found);

	if (error < 0)
		return log_errno(error, "task %d: cannot scan %s", area->task->pid, name);
	if (wrong)
		dump_refuse(dump, area->task, "%s %s", name, wrong);
	else if (found.poisoned)
		dump_refuse(dump, area->task,
			    "%s has a poisoned page at %" PRIx64
			    " (UFFDIO_POISON), which is not supported; unmap it before the "
			    "dump",
			    name, found.poisoned);
	else if (found.hidden)
		dump_refuse(dump, area->task,
			    "%s is registered with a userfaultfd, and which pages of it are swapped out is told to processes "
			    "with CAP_SYS_ADMIN only",
			    name);
	return 0;
}

static int registered_memory_survey(struct dump *dump, const struct task *task)
{
	const struct fault_map *map = fault_map_of(dump);
	int error = map->error;

	for (size_t i = 0; i < map->nr_areas && !error; i++)
		if (map->areas[i].task == task)
			error = survey_area(dump, &map->areas[i]);
	return error;
}

static size_t keep_runs(struct dump *dump, const struct page_map *map, uint64_t **ret)
{
	*ret = arena_array(&dump->arena, uint64_t, 2 * map->count);
	for (size_t i = 0; i < map->count; i++) {
		(*ret)[2 * i] = map->runs[i].start;
		(*ret)[2 * i + 1] = map->runs[i].end;
	}
	return 2 * map->count;
}

static int dump_area(struct dump *dump, const struct fault_area *area, FaultAreaEntry *entry)
{
	_cleanup_page_map_ struct page_map protected = { 0 }, mapped = { 0 };
	struct page_scan_registered found = {
		.protected = area->mode & UFFDIO_REGISTER_MODE_WP ? &protected : NULL,
		.mapped = area->mode & UFFDIO_REGISTER_MODE_MINOR ? &mapped : NULL,
	};
	int error = scan_area(area, &found);

	if (error < 0)
		return log_errno(error, "task %d: memory registered at %" PRIx64, area->task->pid,
				 area->mapping->record->start);
	fault_area_entry__init(entry);
	entry->file_id = area->context->fd->file_id;
	entry->start = area->mapping->record->start;
	entry->end = area->mapping->record->end;
	entry->mode = (uint32_t)area->mode;
	entry->n_write_protected = keep_runs(dump, &protected, &entry->write_protected);
	entry->n_mapped = keep_runs(dump, &mapped, &entry->mapped);
	return 0;
}

/* A process outside may be alike as well, if it was forked from one of the tree. But it has not our memory in it. */
static int check_owner(struct dump *dump, const struct task *task, const struct fault_context *context)
{
	uint64_t ours = compel_data_address(task->compel) & ~(PAGE_SIZE - 1);
	_cleanup_close_ int fd = -EBADF;
	int error = fd_duplicate(context->fd, &fd);

	if (error < 0)
		return log_errno(error, "task %d: a userfaultfd cannot be looked at", context->fd->task->pid);
	if (fault_ask(fd, ours) == FAULT_PLAIN)
		return 0;
	return log_fail(-EBUSY,
			"task %d: %s: userfaultfd: it works on memory of a process that is not in the tree; close it before "
			"the dump",
			context->fd->task->pid, fd_describe(dump, context->fd));
}

static int check_owners(struct dump *dump, const struct task *task, const struct fault_map *map)
{
	int error = 0;

	for (size_t i = 0; i < map->nr_contexts && !error; i++)
		if (map->contexts[i].owner == task)
			error = check_owner(dump, task, &map->contexts[i]);
	return error;
}

static int registered_memory_dump_task(struct dump *dump, struct task *task)
{
	const struct fault_map *map = fault_map_of(dump);
	MmEntry *mm = task->mm;
	int error = 0;

	if (task->state == TASK_DEAD || task->vm_owner)
		return 0;
	error = check_owners(dump, task, map);
	if (error < 0 || !map->nr_areas)
		return error;
	mm->fault_areas = arena_array(&dump->arena, FaultAreaEntry *, map->nr_areas);
	for (size_t i = 0; i < map->nr_areas && !error; i++) {
		FaultAreaEntry *entry;

		if (map->areas[i].task != task)
			continue;
		entry = arena_new(&dump->arena, FaultAreaEntry);
		error = dump_area(dump, &map->areas[i], entry);
		mm->fault_areas[mm->n_fault_areas++] = entry;
	}
	return error;
}

/* --- restore --- */

static bool are_runs(const uint64_t *words, size_t nr, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < nr; i += 2) {
		if (i + 1 == nr || words[i] < start || words[i + 1] <= words[i] || words[i + 1] > end ||
		    (words[i] | words[i + 1]) % PAGE_SIZE)
			return false;
		start = words[i + 1];
	}
	return true;
}

static bool is_mapped(const struct task *task, uint64_t start, uint64_t end)
{
	for (unsigned int i = 0; i < task->nr_mappings && start < end; i++) {
		const VmaEntry *record = task->mappings[i].record;

		if (record->status != VMA_GUARD && record->start <= start && record->end > start)
			start = record->end;
	}
	return start >= end;
}

static bool is_possible(const struct task *task, const struct file *file, const FaultAreaEntry *entry)
{
	return file && file->record->type == FD_TYPES__USERFAULTFD && file->record->uffd &&
	       file->record->uffd->pid == (uint32_t)task->pid && entry->mode &&
	       !(entry->mode & ~FAULT_MODES) && entry->start < entry->end &&
	       !((entry->start | entry->end) % PAGE_SIZE) && is_mapped(task, entry->start, entry->end) &&
	       are_runs(entry->write_protected, entry->n_write_protected, entry->start, entry->end) &&
	       are_runs(entry->mapped, entry->n_mapped, entry->start, entry->end);
}

static int registered_memory_load(struct restore *restore, struct task *task)
{
	const MmEntry *mm = task->mm;

	for (size_t i = 0; mm && i < mm->n_fault_areas; i++) {
		struct file *file = restore_find_file(restore, mm->fault_areas[i]->file_id);

		if (!is_possible(task, file, mm->fault_areas[i]))
			return log_fail(-EBADMSG,
					"image 'mm-%d.img': impossible memory for a userfaultfd at %" PRIx64,
					task->pid, mm->fault_areas[i]->start);
		file->wanted = true;
	}
	return 0;
}

static bool has_missing(const struct task *task)
{
	for (size_t i = 0; task->mm && i < task->mm->n_fault_areas; i++)
		if (task->mm->fault_areas[i]->mode & UFFDIO_REGISTER_MODE_MISSING)
			return true;
	return false;
}

/* Descriptors for the memory of this task. */
static int registered_memory_in_birth(struct restore *restore, struct task *task)
{
	for (size_t i = 0; i < restore->nr_files; i++) {
		const struct file *file = &restore->files[i];
		const UserfaultfdEntry *entry = file->record->uffd;
		int fd, error;

		if (file->fd < 0 || file->kind != &userfaultfd_kind || entry->pid != (uint32_t)task->pid)
			continue;
		fd = fault_open(entry->features, entry->user_mode_only);
		error = fd < 0 ? fd : unnamed_set_flags(fd, entry->flags);
		if (!error && dup3(fd, file->fd, O_CLOEXEC) < 0)
			error = -errno;
		if (fd >= 0)
			close(fd);
		if (error < 0)
			return log_errno(error, "task %d: userfaultfd %u cannot be made", task->pid, file->id);
	}
	return 0;
}

/* Until all is registered nothing may put a huge page where pages are missing. */
static int registered_memory_in_task(struct restore *restore, struct task *task)
{
	if (has_missing(task) && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0)
		return log_errno(errno, "task %d: huge pages cannot be held off", task->pid);
	return 0;
}

static size_t registered_memory_room(struct restore *restore, const struct task *task)
{
	size_t size = 64;

	for (size_t i = 0; task->mm && i < task->mm->n_fault_areas; i++)
		size += sizeof(struct restorer_fault_area) + 64 +
			(task->mm->fault_areas[i]->n_write_protected + task->mm->fault_areas[i]->n_mapped) *
				sizeof(uint64_t);
	return size;
}

static int plan_runs(struct restore *restore, const uint64_t *words, size_t nr, uint32_t *ret_offset,
		     uint32_t *ret_nr)
{
	uint64_t *copy = arguments_alloc(restore, nr * sizeof(*copy), ret_offset);

	if (!copy)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		copy[i] = words[i];
	*ret_nr = (uint32_t)nr / 2;
	return 0;
}

static int plan_area(struct restore *restore, const FaultAreaEntry *entry, struct restorer_fault_area *ret)
{
	int error;

	ret->fd = restore_find_file(restore, entry->file_id)->fd;
	ret->start = entry->start;
	ret->length = entry->end - entry->start;
	ret->mode = entry->mode;
	error = plan_runs(restore, entry->write_protected, entry->n_write_protected, &ret->protected,
			  &ret->nr_protected);
	return error ? error : plan_runs(restore, entry->mapped, entry->n_mapped, &ret->mapped, &ret->nr_mapped);
}

static int registered_memory_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	const MmEntry *mm = task->mm;
	struct restorer_fault_area *areas = arguments_alloc(restore, mm->n_fault_areas * sizeof(*areas),
							    &ret->fault_areas);
	int error = areas ? 0 : -ENOMEM;

	ret->holds_off_huge_pages = has_missing(task);
	for (size_t i = 0; !error && i < mm->n_fault_areas; i++) {
		error = plan_area(restore, mm->fault_areas[i], &areas[i]);
		ret->nr_fault_areas++;
	}
	return error;
}

const struct task_kind registered_memory_kind = {
	.name = "registered-memory",
	.survey = registered_memory_survey,
	.dump_task = registered_memory_dump_task,
	.load = registered_memory_load,
	.in_birth = registered_memory_in_birth,
	.in_task = registered_memory_in_task,
	.room = registered_memory_room,
	.plan_task = registered_memory_plan_task,
};
