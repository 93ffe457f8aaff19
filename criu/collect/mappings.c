// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/smaps -> model. */
#include "criu/collect/mappings.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "criu/kernel/proc/link.h"
#include "criu/kernel/proc/mappings.h"
#include "criu/kernel/proc/stat.h"
#include "criu/objects/kinds.h"
#include "criu/objects/memory/memory.h"
#include "criu/pages/scan.h"
#include "criu/util/log.h"

#define TASK_SIZE_MAX 0x7ffffffff000UL
#define HUGE_NAME "/anon_hugepage"
#define NAMED_SHARED "[anon_shmem:"

static const struct {
	uint64_t flag;
	uint32_t map_flag;
} map_flags[] = {
	{ PROC_VM_GROWS_DOWN, MAP_GROWSDOWN },
	{ PROC_VM_LOCKED, MAP_LOCKED },
	{ PROC_VM_NO_RESERVE, MAP_NORESERVE },
	{ PROC_VM_HUGE_TLB, MAP_HUGETLB },
};

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

static const struct {
	uint64_t flag;
	int advice;
} madvise_flags[] = {
	{ PROC_VM_RANDOM_READ, MADV_RANDOM }, { PROC_VM_SEQUENTIAL_READ, MADV_SEQUENTIAL },
	{ PROC_VM_DONT_COPY, MADV_DONTFORK }, { PROC_VM_MERGEABLE, MADV_MERGEABLE },
	{ PROC_VM_HUGE_PAGE, MADV_HUGEPAGE }, { PROC_VM_NO_HUGE_PAGE, MADV_NOHUGEPAGE },
	{ PROC_VM_DONT_DUMP, MADV_DONTDUMP }, { PROC_VM_WIPE_ON_FORK, MADV_WIPEONFORK },
};

static uint32_t flags_of(const struct proc_mapping *from)
{
	uint32_t flags = from->shared ? MAP_SHARED : MAP_PRIVATE;

	/* Droppable memory is neither, and implies the rest. */
	if (from->flags & PROC_VM_DROPPABLE)
		return MAP_DROPPABLE;
	for (size_t i = 0; i < ARRAY_SIZE(map_flags); i++) {
		if (from->flags & map_flags[i].flag)
			flags |= map_flags[i].map_flag;
	}
	/* The logarithm of the page size, mmap(2). */
	if (from->flags & PROC_VM_HUGE_TLB)
		flags |= (uint32_t)__builtin_ctzll((from->page_size_kib ?: 4) << 10) << MAP_HUGE_SHIFT;
	return flags;
}

static uint64_t madvise_of(const struct proc_mapping *from)
{
	uint64_t bits = 0;

	if (from->flags & PROC_VM_DROPPABLE)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(madvise_flags); i++) {
		if (from->flags & madvise_flags[i].flag)
			bits |= 1ULL << madvise_flags[i].advice;
	}
	return bits;
}

static bool is_anonymous(const struct proc_mapping *from)
{
	static const char *const names[] = { "[heap]", "[stack", "[anon:" };

	if (from->shared)
		return false;
	/* Of a file that the kernel has made for it. */
	if (from->flags & PROC_VM_HUGE_TLB)
		return from->deleted && from->name && !strcmp(from->name, HUGE_NAME);
	if (from->inode)
		return false;
	for (size_t i = 0; from->name && i < ARRAY_SIZE(names); i++) {
		if (!strncmp(from->name, names[i], strlen(names[i])))
			return true;
	}
	return !from->name;
}

/* "[anon:NAME]", or "[anon_shmem:NAME]" of shared memory: what prctl(PR_SET_VMA) gave. */
static char *name_of(struct arena *arena, const struct proc_mapping *from)
{
	static const char *const prefixes[] = { "[anon:", "[anon_shmem:" };

	for (size_t i = 0; from->name && i < ARRAY_SIZE(prefixes); i++) {
		size_t length = strlen(prefixes[i]);

		if (!strncmp(from->name, prefixes[i], length))
			return arena_printf(arena, "%.*s", (int)(strlen(from->name) - length - 1),
					    from->name + length);
	}
	return NULL;
}

static VmaEntry *new_record(struct arena *arena, uint64_t start, uint64_t end)
{
	VmaEntry *record = arena_new(arena, VmaEntry);

	vma_entry__init(record);
	record->start = start;
	record->end = end;
	record->fd = -1;
	return record;
}

void mapping_from_proc(struct arena *arena, const struct proc_mapping *from, struct mapping *ret_mapping)
{
	VmaEntry *record = new_record(arena, from->start, from->end);

	record->prot = (uint32_t)from->prot;
	record->flags = flags_of(from);
	record->madv = madvise_of(from);
	record->has_madv = record->madv != 0;
	record->name = name_of(arena, from);
	record->has_protection_key = from->protection_key != 0;
	record->protection_key = (uint32_t)from->protection_key;
	record->has_lock_on_fault = record->lock_on_fault = from->flags & PROC_VM_LOCK_ON_FAULT;
	*ret_mapping = (struct mapping){
		.record = record,
		.name = from->name ? arena_strdup(arena, from->name) : NULL,
		.deleted = from->deleted,
		.anonymous = is_anonymous(from),
		.vm_flags = from->flags,
		.has_relatives = from->shared_clean_kib || from->shared_dirty_kib,
		.populated = from->anonymous_kib || from->swap_kib || (from->flags & PROC_VM_HUGE_TLB),
		.dev = makedev(from->dev_major, from->dev_minor),
		.inode = from->inode,
		.fd = -1,
	};
	/* Of anonymous memory the kernel tells an address, which means nothing. */
	record->pgoff = ret_mapping->anonymous ? 0 : from->offset;
}

/* The kernel marks a deleted file by its name; a living one may have such a name, too. */
static int settle_name(const struct task *task, struct proc_mapping *from)
{
	if (!from->name || from->name[0] != '/' || (!from->deleted && !strchr(from->name, '\n')))
		return 0;
	return proc_settle_mapping_name(task->proc_fd, from);
}

static bool holds_heap(const struct task *task, const struct mapping *mapping)
{
	if (!mapping->anonymous)
		return false;
	if (mapping->name && !strcmp(mapping->name, "[heap]"))
		return true;
	return task->stat && mapping->record->start <= task->stat->start_brk &&
	       task->stat->start_brk < mapping->record->end;
}

/* The name that a task gave hides that of the object, which is a memfd or none. */
static int find_shared_name(struct dump *dump, const struct task *task, struct mapping *mapping)
{
	char link[MAPPING_LINK_SIZE];
	_cleanup_free_ char *name = NULL;
	int error;

	if (!mapping->name || strncmp(mapping->name, NAMED_SHARED, strlen(NAMED_SHARED)))
		return 0;
	mapping_link(mapping, link);
	error = proc_read_file_name(task->proc_fd, link, &name, &mapping->deleted);
	if (error < 0)
		return log_errno(error, "task %d: cannot follow '%s' for '%s'", task->pid, link, mapping->name);
	mapping->name = arena_strdup(&dump->arena, name);
	return 0;
}

static int fill_mapping(struct dump *dump, const struct task *task, struct proc_mapping *from,
			struct mapping *ret_mapping)
{
	int error = settle_name(task, from);

	if (error < 0)
		return log_errno(error, "task %d: cannot follow map_files for '%s'", task->pid, from->name);
	from->flags = memory_settle_flags(dump, from->flags);
	mapping_from_proc(&dump->arena, from, ret_mapping);
	if (holds_heap(task, ret_mapping))
		ret_mapping->record->status |= VMA_HEAP;
	error = find_shared_name(dump, task, ret_mapping);
	ret_mapping->kind = mapping_kind_find(ret_mapping);
	return error;
}

static void fill_guards(struct dump *dump, struct task *task, const struct page_map *guards)
{
	for (size_t i = 0; i < guards->count; i++) {
		struct mapping *mapping = &task->mappings[task->nr_mappings++];

		mapping->record = new_record(&dump->arena, guards->runs[i].start, guards->runs[i].end);
		mapping->record->status = VMA_GUARD;
		mapping->name = "guard pages";
		mapping->fd = -1;
		mapping->kind = mapping_kind_find(mapping);
	}
}

static int find_guards(const struct task *task, struct page_map *ret_guards)
{
	_cleanup_page_scan_ struct page_scan scan = PAGE_SCAN_NONE;
	int error = page_scan_open(task->proc_fd, &scan);

	if (error == 0)
		error = page_scan_guards(&scan, 0, TASK_SIZE_MAX, ret_guards);
	return error;
}

int collect_mappings(struct dump *dump, struct task *task)
{
	_cleanup_proc_mappings_ struct proc_mappings all = { 0 };
	_cleanup_page_map_ struct page_map guards = { 0 };
	int error = proc_read_smaps(task->proc_fd, &all);

	if (error < 0)
		return log_errno(error, "task %d: cannot read its smaps", task->pid);
	error = find_guards(task, &guards);
	if (error < 0)
		return log_errno(error, "task %d: cannot scan its pagemap", task->pid);
	task->mappings = arena_array(&dump->arena, struct mapping, all.count + guards.count);
	for (size_t i = 0; i < all.count; i++) {
		error = fill_mapping(dump, task, &all.items[i], &task->mappings[i]);
		if (error < 0)
			return error;
	}
	task->nr_mappings = (unsigned int)all.count;
	fill_guards(dump, task, &guards);
	return 0;
}
