// SPDX-License-Identifier: GPL-2.0-only
/* Which pages of a task are to be stored; criu/pages/ does the rest. */
#include "criu/dump/pages.h"

#include <compel/compel.h>
#include <sys/mman.h>

#include "criu/kernel/proc/mappings.h"
#include "criu/objects/kinds.h"
#include "criu/objects/memory/memory.h"
#include "criu/pages/image-sink.h"
#include "criu/pages/scan.h"
#include "criu/pages/task-source.h"
#include "criu/util/log.h"

static uint32_t run_flags(const struct mapping *mapping)
{
	const struct mapping_kind *kind = mapping->kind;
	uint32_t flags = PAGES_PRESENT;

	if (kind->file_behind || kind->every_page)
		flags |= PAGES_KEEP_ZERO;
	if (!kind->not_lazy && !(mapping->record->flags & MAP_LOCKED))
		flags |= PAGES_LAZY;
	if (mapping->has_relatives)
		flags |= PAGES_HAVE_RELATIVES;
	return flags;
}

/* A page of zeros is one, too, and what is not there must stay away: reading it would wait for somebody to bring it. */
static int add_registered(struct page_scan *scan, const struct mapping *mapping, struct page_map *map)
{
	struct page_scan_registered found = {
		.contents = map,
		.contents_flags = run_flags(mapping) | PAGES_KEEP_ZERO,
	};

	return page_scan_registered(scan, mapping->record->start, mapping->record->end, &found);
}

static int add_mapping(struct dump *dump, struct page_scan *scan, const struct mapping *mapping,
		       struct page_map *map)
{
	const VmaEntry *record = mapping->record;

	if (!mapping->kind->dump_pages || (record->flags & (MAP_SHARED | MAP_DROPPABLE)))
		return 0;
	dump->stats.pages_scanned += (record->end - record->start) / PAGE_SIZE;
	if (mapping->kind->every_page)
		return page_map_add(map, record->start, record->end, run_flags(mapping));
	if (mapping->vm_flags & PROC_VM_UFFD)
		return add_registered(scan, mapping, map);
	if (!mapping->populated)
		return 0;
	return page_scan_private(scan, record->start, record->end, run_flags(mapping), map);
}

static int find_pages(struct dump *dump, struct task *task, struct page_map *map)
{
	_cleanup_page_scan_ struct page_scan scan = PAGE_SCAN_NONE;
	int error = page_scan_open(task->proc_fd, &scan);

	for (unsigned int i = 0; error == 0 && i < task->nr_mappings; i++)
		error = add_mapping(dump, &scan, &task->mappings[i], map);
	return error < 0 ? log_errno(error, "task %d: cannot scan its pagemap", task->pid) : 0;
}

/* Kept for all tasks: most of them have few pages. */
static struct page_room *page_room(struct dump *dump)
{
	if (!dump->page_room)
		dump->page_room = page_room_new();
	return dump->page_room;
}

static int copy_pages(struct dump *dump, struct task *task, const struct page_map *map, struct page_sink *sink)
{
	static const struct page_filter *const filters[] = { &page_filter_zero };
	_cleanup_page_source_ struct page_source *source = NULL;
	struct page_copy copy = {
		.map = map,
		.filters = filters,
		.nr_filters = ARRAY_SIZE(filters),
		.sink = sink,
		.cancelled = dump->cancelled,
		.progress = &dump->progress,
		.room = page_room(dump),
	};
	int error = page_task_source_open(task_live_thread(task)->tid, task->proc_fd, &source);

	if (error < 0)
		return log_errno(error, "task %d: cannot read its memory", task->pid);
	copy.source = source;
	error = page_copy_all(&copy);
	if (error < 0)
		return log_errno(error, "task %d: cannot copy its memory to the image (at %lx)", task->pid,
				 (unsigned long)page_task_source_failed_at(source));
	dump->stats.pages_written += copy.written;
	dump->stats.pages_lazy += copy.written_lazy;
	log_debug("task %d: %lu pages read, %lu written", task->pid, (unsigned long)copy.read,
		  (unsigned long)copy.written);
	return 0;
}

int dump_task_pages(struct dump *dump, struct task *task)
{
	_cleanup_page_map_ struct page_map map = { 0 };
	_cleanup_page_sink_ struct page_sink *sink = NULL;
	/* An address space is stored once, with the first that has it. */
	int error = task->vm_owner ? 0 : find_pages(dump, task, &map);

	if (error < 0)
		return error;
	error = page_image_sink_open(dump->images, IMAGE_PAGEMAP, (uint64_t)task->pid, ++dump->last_pages_id,
				     &sink);
	if (error < 0)
		return log_errno(error, "cannot create '%s' of task %d", "pagemap", task->pid);
	error = copy_pages(dump, task, &map, sink);
	if (error < 0)
		return error;
	error = page_sink_finish(steal_pointer(&sink));
	return error < 0 ? log_errno(error, "cannot write the pages of task %d", task->pid) : 0;
}
