// SPDX-License-Identifier: GPL-2.0-only
/* In a new process: puts the contents of its private memory into the staging areas. What it inherited from its parent
 * stays shared where it is equal. */
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "criu/objects/kinds.h"
#include "criu/objects/memory/memory.h"
#include "criu/pages/image-source.h"
#include "criu/restore/mappings.h"
#include "criu/restore/memory-internal.h"
#include "criu/restore/memory-read.h"
#include "criu/util/log.h"

#define ADVICE_GUARD_INSTALL 102 /* MADV_GUARD_INSTALL, from 6.13 on */
/* Huge pages, and their size. */
#define HUGE_FLAGS(record) ((record)->flags & MAP_HUGETLB ? MAP_HUGETLB | 63U << 26 : 0U)
/* So much is compared at once: few new pages for the buffer of each task, and it stays in the cache. */
#define COMPARE_SIZE (32UL << 10)

struct fill {
	struct task *task;
	const struct mapping *mapping;
	struct page_source *pages;
	const struct page_map *parent_map; /* of an inherited mapping: what the parent put there... */
	uint64_t inherited_end;		   /* ...below this address */
	uint8_t *buffer;		   /* COMPARE_SIZE */
	bool alone;			   /* there are no other tasks */
	struct restore_stats stats;
};

/* Where the page of @address is gathered. */
static uint8_t *staged(const struct fill *fill, uint64_t address)
{
	return (uint8_t *)(uintptr_t)(fill->mapping->staging + (address - fill->mapping->record->start));
}

static int fill_error(const struct fill *fill, int error, uint64_t address)
{
	return log_errno(error, "task %d: cannot fill its memory at %" PRIx64, fill->task->pid, address);
}

static int map_staging(const struct fill *fill)
{
	const struct mapping *mapping = fill->mapping;
	const VmaEntry *record = mapping->record;
	int flags = MAP_PRIVATE | MAP_FIXED_NOREPLACE | (record->flags & (MAP_GROWSDOWN | MAP_NORESERVE));
	void *area = (void *)(uintptr_t)mapping->staging, *got;
	size_t length = record->end - record->start;

	if (mapping->anonymous)
		flags |= MAP_ANONYMOUS | (int)(record->flags & HUGE_FLAGS(record));
	got = mmap(area, length, PROT_READ | PROT_WRITE, flags, mapping->anonymous ? -1 : mapping->fd,
		   mapping->anonymous ? 0 : (off_t)record->pgoff);
	if (got != area)
		return log_errno(got == MAP_FAILED ? errno : EEXIST, "task %d: cannot map %zu KiB for %" PRIx64,
				 fill->task->pid, length >> 10, record->start);
	/* Decides about the pages that are made now; failure only means that the kernel has no huge pages. */
	for (int advice = MADV_HUGEPAGE; advice <= MADV_NOHUGEPAGE; advice++) {
		if (record->madv & (1ULL << advice))
			madvise(area, length, advice);
	}
	return 0;
}

/* Pages that are new here: right into place. */
static int fill_new(struct fill *fill, uint64_t start, uint64_t end)
{
	int error = start < end ? memory_read_new(fill->pages, start, end, staged(fill, start), fill->alone) : 0;

	if (error < 0)
		return fill_error(fill, error, start);
	if (start < end)
		fill->stats.pages_restored += (end - start) / PAGE_SIZE;
	return 0;
}

/* Pages that the parent has, too: written only where they differ, so that the others stay shared. */
static int fill_compared(struct fill *fill, uint64_t start, uint64_t end)
{
	while (start < end) {
		struct page_run run = { .start = start, .end = MIN(end, start + COMPARE_SIZE) };
		uint64_t pages = page_run_pages(&run);
		int error = fill->pages->ops->read(fill->pages, &run, 1, fill->buffer);

		if (error < 0)
			return fill_error(fill, error, start);
		fill->stats.pages_compared += pages;
		for (uint64_t i = 0; i < pages; i++) {
			uint8_t *page = staged(fill, start + i * PAGE_SIZE);

			if (!memcmp(page, fill->buffer + i * PAGE_SIZE, PAGE_SIZE)) {
				fill->stats.pages_skipped_cow++;
				continue;
			}
			memcpy(page, fill->buffer + i * PAGE_SIZE, PAGE_SIZE);
			fill->stats.pages_restored++;
		}
		start = run.end;
	}
	return 0;
}

/* A part of a huge page cannot be dropped. */
static int clear_inherited(struct fill *fill, uint64_t start, uint64_t end)
{
	const struct page_map *map = fill->parent_map;

	for (size_t i = page_map_find(map, start); i < map->count && map->runs[i].start < end; i++) {
		uint64_t from = MAX(map->runs[i].start, start), to = MIN(map->runs[i].end, end);

		memset(staged(fill, from), 0, to - from);
	}
	return 0;
}

/* Pages of the parent that the task does not have. */
static int drop_inherited(struct fill *fill, uint64_t start, uint64_t end)
{
	end = MIN(end, fill->inherited_end);
	if (start >= end || !fill->parent_map || !page_map_touches(fill->parent_map, start, end))
		return 0;
	if (fill->mapping->anonymous && (fill->mapping->record->flags & MAP_HUGETLB))
		return clear_inherited(fill, start, end);
	if (madvise(staged(fill, start), end - start, MADV_DONTNEED) < 0)
		return fill_error(fill, -errno, start);
	return 0;
}

static int fill_run(struct fill *fill, uint64_t start, uint64_t run_end)
{
	const struct page_map *parent = fill->parent_map;
	uint64_t end = parent ? MIN(run_end, fill->inherited_end) : start;
	int error = 0;

	for (size_t i = parent ? page_map_find(parent, start) : 0; error == 0 && start < end; i++) {
		uint64_t from = i < parent->count ? MIN(MAX(parent->runs[i].start, start), end) : end;
		uint64_t to = i < parent->count ? MIN(parent->runs[i].end, end) : end;

		error = fill_new(fill, start, from);
		if (error == 0 && from < to)
			error = fill_compared(fill, from, to);
		start = MAX(from, to);
	}
	return error < 0 ? error : fill_new(fill, start, run_end);
}

static int fill_pages(struct fill *fill)
{
	const struct page_map *map = page_image_source_map(fill->pages);
	const VmaEntry *record = fill->mapping->record;
	uint64_t at = record->start;
	int error = 0;

	for (size_t i = page_map_find(map, at); error == 0 && i < map->count; i++) {
		uint64_t start = MAX(map->runs[i].start, record->start), end = MIN(map->runs[i].end, record->end);

		if (start >= record->end)
			break;
		error = drop_inherited(fill, at, start);
		if (error == 0)
			error = fill_run(fill, start, end);
		at = end;
	}
	return error < 0 ? error : drop_inherited(fill, at, record->end);
}

static int install_guards(const struct fill *fill, const struct page_map *guards)
{
	const VmaEntry *record = fill->mapping->record;

	for (size_t i = page_map_find(guards, record->start); i < guards->count; i++) {
		uint64_t start = MAX(guards->runs[i].start, record->start),
			 end = MIN(guards->runs[i].end, record->end);

		if (start >= record->end)
			break;
		if (madvise(staged(fill, start), end - start, ADVICE_GUARD_INSTALL) < 0)
			return log_errno(errno, "task %d: cannot install guard pages at %" PRIx64,
					 fill->task->pid, start);
	}
	return 0;
}

/* The area has come by fork; what has shrunk since is cut off already, what has grown grows now. */
static int take_inherited(struct restore *restore, struct fill *fill)
{
	const struct mapping *other = memory_find_inherited(restore, fill->task, fill->mapping);
	const VmaEntry *record = fill->mapping->record;

	if (!other)
		return fill_error(fill, -ENOENT, record->start);
	fill->parent_map = page_image_source_map(task_memory(restore, memory_parent(fill->task))->pages);
	fill->inherited_end = MIN(other->record->end, record->end);
	if (record->end > fill->inherited_end &&
	    mremap(staged(fill, record->start), fill->inherited_end - record->start,
		   record->end - record->start, 0) == MAP_FAILED)
		return fill_error(fill, -errno, record->start);
	return 0;
}

/* Does somebody handle the faults of its missing pages? */
static bool misses_pages(const struct fill *fill)
{
	const VmaEntry *record = fill->mapping->record;
	const MmEntry *mm = fill->task->mm;

	for (size_t i = 0; i < mm->n_fault_areas; i++)
		if (mm->fault_areas[i]->start < record->end && mm->fault_areas[i]->end > record->start)
			return true;
	return false;
}

/* No page may come to be there that is not in the images: not as a part of a huge one, nor from the parent. */
static int fill_exactly(struct fill *fill)
{
	const VmaEntry *record = fill->mapping->record;
	int before = prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), error = 0;

	if (before < 0 || prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0)
		return fill_error(fill, -errno, record->start);
	if (fill->mapping->inherited &&
	    madvise(staged(fill, record->start), record->end - record->start, MADV_DONTNEED) < 0)
		error = fill_error(fill, -errno, record->start);
	fill->parent_map = NULL;
	if (error == 0)
		error = fill_pages(fill);
	if (prctl(PR_SET_THP_DISABLE, before, 0, 0, 0) < 0 && error == 0)
		error = fill_error(fill, -errno, record->start);
	return error;
}

static int fill_mapping(struct restore *restore, struct fill *fill)
{
	const struct task_memory *memory = task_memory(restore, fill->task);
	int error;

	fill->parent_map = NULL;
	error = fill->mapping->inherited ? take_inherited(restore, fill) : map_staging(fill);
	if (error == 0)
		error = misses_pages(fill) ? fill_exactly(fill) : fill_pages(fill);
	if (error == 0 && fill->mapping->kind->filled)
		fill->mapping->kind->filled(restore, fill->task, fill->mapping,
					    staged(fill, fill->mapping->record->start));
	return error < 0 ? error : install_guards(fill, &memory->guards);
}

static int compare_staging(const void *a, const void *b)
{
	const struct mapping *left = *(const struct mapping *const *)a,
			     *right = *(const struct mapping *const *)b;

	return left->staging < right->staging ? -1 : left->staging > right->staging;
}

/* What the parent gathered and this task has no use for. */
static int unmap_unused(const struct restore *restore, const struct task *task)
{
	const struct task_memory *parent = task->parent ? task_memory(restore, memory_parent(task)) : NULL;
	_cleanup_free_ const struct mapping **kept = calloc(task->nr_mappings + 1, sizeof(struct mapping *));
	uint64_t at = tree_memory(restore)->hole.start;
	size_t nr = 0;

	if (!kept)
		return log_errno(ENOMEM, "task %d: no memory", task->pid);
	if (!parent)
		return 0;
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		if (task->mappings[i].inherited)
			kept[nr++] = &task->mappings[i];
	}
	qsort(kept, nr, sizeof(*kept), compare_staging);
	for (size_t i = 0; i <= nr; i++) {
		uint64_t end = i < nr ? kept[i]->staging : parent->staging_end;

		if (at < end && munmap((void *)(uintptr_t)at, end - at) < 0)
			return log_errno(errno, "task %d: cannot unmap memory of its parent", task->pid);
		if (i < nr)
			at = kept[i]->staging + (kept[i]->record->end - kept[i]->record->start);
	}
	return 0;
}

static void add_stats(struct restore_stats *shared, const struct restore_stats *own)
{
	__atomic_add_fetch(&shared->pages_compared, own->pages_compared, __ATOMIC_RELAXED);
	__atomic_add_fetch(&shared->pages_skipped_cow, own->pages_skipped_cow, __ATOMIC_RELAXED);
	__atomic_add_fetch(&shared->pages_restored, own->pages_restored, __ATOMIC_RELAXED);
}

int restore_fill_task(struct restore *restore, struct task *task)
{
	struct task_memory *memory = task_memory(restore, task);
	struct fill fill = { .task = task, .alone = restore->nr_tasks == 1 };
	_cleanup_free_ uint8_t *buffer = NULL;
	int error;

	if (!memory)
		return 0;
	error = unmap_unused(restore, task);
	if (error < 0)
		return error;
	buffer = malloc(COMPARE_SIZE);
	if (!buffer)
		return log_errno(ENOMEM, "task %d: no memory", task->pid);
	fill.buffer = buffer;
	fill.pages = memory->pages;
	for (unsigned int i = 0; error == 0 && i < task->nr_mappings; i++) {
		fill.mapping = &task->mappings[i];
		if (fill.mapping->staging)
			error = fill_mapping(restore, &fill);
	}
	page_image_source_rest(memory->pages);
	add_stats(tree_memory(restore)->stats, &fill.stats);
	return error;
}
