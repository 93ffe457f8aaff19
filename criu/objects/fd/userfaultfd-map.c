// SPDX-License-Identifier: GPL-2.0-only
/* Who belongs to whom: whose memory each userfaultfd of the tree works on, and with which of them each mapping is
 * registered. Both are asked for at places where the address spaces of the tree differ. */
#include "criu/objects/fd/userfaultfd.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/kernel/proc/mappings.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/unnamed.h"
#include "criu/objects/memory/memory.h"
#include "criu/objects/outside.h"
#include "criu/pages/scan.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

extern const struct mapping_kind anonymous_kind;

#define POINTS_MAX 4096 /* places that are asked for */

struct look {
	struct dump *dump;
	struct fault_map *map;
	uint64_t *points;
	size_t nr_points;
};

uint64_t fault_mode_of(const struct mapping *mapping)
{
	uint64_t flags = mapping->vm_flags;

	return (flags & PROC_VM_UFFD_MISSING ? UFFDIO_REGISTER_MODE_MISSING : 0) |
	       (flags & PROC_VM_UFFD_WRITE_PROTECT ? UFFDIO_REGISTER_MODE_WP : 0) |
	       (flags & PROC_VM_UFFD_MINOR ? UFFDIO_REGISTER_MODE_MINOR : 0);
}

static bool is_registered(const struct mapping *mapping)
{
	return mapping->vm_flags & PROC_VM_UFFD && mapping->record->status != VMA_GUARD;
}

/* Memory that could be, for certain. */
static bool is_plain(const struct mapping *mapping)
{
	return mapping->record->status != VMA_GUARD && mapping->kind == &anonymous_kind &&
	       !is_registered(mapping) &&
	       !(mapping->vm_flags &
		 (PROC_VM_HUGE_TLB | PROC_VM_DROPPABLE | PROC_VM_SEALED | PROC_VM_SHADOW_STACK));
}

static bool has_space(const struct task *task)
{
	return task->state != TASK_DEAD && !task->vm_owner;
}

/* --- whose memory --- */

static void find_points(struct look *look, bool registered)
{
	const struct task *task;

	TAILQ_FOREACH(task, &look->dump->tasks, link)
		for (unsigned int i = 0; has_space(task) && i < task->nr_mappings; i++) {
			const struct mapping *mapping = &task->mappings[i];

			if (look->nr_points < POINTS_MAX &&
			    (registered ? is_registered(mapping) : is_plain(mapping)))
				look->points[look->nr_points++] = mapping->record->start;
		}
}

static const struct mapping *mapping_at(const struct task *task, uint64_t address)
{
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		const struct mapping *mapping = &task->mappings[i];

		if (mapping->record->status != VMA_GUARD && address >= mapping->record->start &&
		    address < mapping->record->end)
			return mapping;
	}
	return NULL;
}

/* Could that be the answer of one that works in the address space of @task? */
static bool fits_at(const struct task *task, uint64_t address, enum fault_answer answer)
{
	const struct mapping *mapping = mapping_at(task, address);

	if (mapping && is_registered(mapping))
		return answer == FAULT_REGISTERED;
	if (mapping && is_plain(mapping))
		return answer == FAULT_PLAIN;
	return mapping ? answer != FAULT_REGISTERED : answer == FAULT_NOTHING;
}

static bool fits(const struct look *look, const struct task *task, const enum fault_answer *answers)
{
	for (size_t i = 0; i < look->nr_points; i++)
		if (!fits_at(task, look->points[i], answers[i]))
			return false;
	return true;
}

static const char *wrong_answer(enum fault_answer answer)
{
	switch (answer) {
	case FAULT_GONE:
		return "the memory that it works on is gone, its process has ended; close it before the dump";
	case FAULT_CHANGING:
		return "an event waits in it to be read; try again when it has been";
	case FAULT_UNSET:
		return "it has not been set up (UFFDIO_API), so it does not tell whose memory it is for; close it or set "
		       "it up before the dump";
	default:
		return NULL;
	}
}

static const char *find_owner(struct look *look, struct fault_context *context, int fd)
{
	enum fault_answer *answers = arena_array(&look->dump->arena, enum fault_answer, look->nr_points + 1);
	const struct task *task;
	const char *wrong;

	for (size_t i = 0; i < look->nr_points; i++) {
		answers[i] = fault_ask(fd, look->points[i]);
		wrong = wrong_answer(answers[i]);
		if (wrong)
			return wrong;
	}
	TAILQ_FOREACH(task, &look->dump->tasks, link) {
		if (!has_space(task) || !fits(look, task, answers))
			continue;
		if (context->owner)
			return arena_printf(&look->dump->arena,
					    "whether it works on the memory of process %d or of %d cannot be told, they are "
					    "alike; register memory with it, or close it before the dump",
					    context->owner->pid, task->pid);
		context->owner = task;
	}
	return context->owner
		       ? NULL
		       : "it works on memory of a process that is not in the tree; close it before the dump";
}

/* --- what else is to be known of one --- */

/* All have the same link: which of those is this one? */
static const char *find_holder(struct dump *dump, const struct fd_info *fd)
{
	const struct outside_fd *holders;
	ssize_t nr = outside_find_fds(dump, fd->link, &holders);

	for (ssize_t i = 0; i < nr; i++)
		if (syscall(SYS_kcmp, fd->task->pid, holders[i].pid, KCMP_FILE, fd->fd, holders[i].fd) == 0)
			return arena_printf(&dump->arena,
					    "it is held outside of the tree as well, by process %d (%s), descriptor %d; close it "
					    "there, or make that process a part of the tree",
					    holders[i].pid, holders[i].comm, holders[i].fd);
	return NULL;
}

struct told {
	unsigned long waiting;
	uint64_t features;
};

/* "API: aa:FEATURES:IOCTLS" */
static int take_line(void *context, const char *key, const char *value)
{
	struct told *told = context;
	const char *features = !strcmp(key, "API") ? strchr(value, ':') : NULL;

	if (!strcmp(key, "total"))
		told->waiting = strtoul(value, NULL, 10);
	if (features)
		told->features = strtoull(features + 1, NULL, 16) & ~(1ULL << 31); /* UFFD_FEATURE_INITIALIZED */
	return 0;
}

static const char *look_at(struct look *look, struct fault_context *context)
{
	_cleanup_close_ int fd = -EBADF;
	struct told told = { 0 };
	int error = unnamed_read_fdinfo(context->fd, take_line, &told);

	if (!error)
		error = fd_duplicate(context->fd, &fd);
	if (error < 0)
		return arena_printf(&look->dump->arena, "it cannot be looked at: %s", strerror(-error));
	context->features = told.features;
	context->wrong = find_holder(look->dump, context->fd);
	if (context->wrong)
		return context->wrong;
	if (told.waiting)
		return arena_printf(&look->dump->arena,
				    "%lu page faults wait in it, of system calls or of processes that are not in the tree; try "
				    "again when they have been resolved",
				    told.waiting);
	return find_owner(look, context, fd);
}

static int add_contexts(struct look *look)
{
	struct fd_walk walk = fd_walk_dump(look->dump);
	const struct fd_info *fd;
	size_t nr = 0;

	while ((fd = fd_walk_next(&walk)))
		nr += fd->kind == &userfaultfd_kind;
	look->map->contexts = arena_array(&look->dump->arena, struct fault_context, nr + 1);
	walk = fd_walk_dump(look->dump);
	while ((fd = fd_walk_next(&walk))) {
		bool is_new;

		if (fd->kind != &userfaultfd_kind)
			continue;
		kind_state_get(&look->dump->kind_state, &look->dump->arena, &userfaultfd_kind,
			       fd->file_id + 1UL, 1, &is_new);
		if (is_new)
			look->map->contexts[look->map->nr_contexts++] = (struct fault_context){ .fd = fd };
	}
	return nr > 0;
}

/* --- with which each mapping is registered --- */

static const struct fault_context *find_context(const struct fault_map *map, const struct task *task,
						const struct mapping *mapping)
{
	for (size_t i = 0; i < map->nr_contexts; i++) {
		const struct fault_context *context = &map->contexts[i];
		_cleanup_close_ int fd = -EBADF;

		if (context->owner != task || fd_duplicate(context->fd, &fd) < 0)
			continue;
		if (!context->wrong && fault_ask(fd, mapping->record->start) == FAULT_REGISTERED &&
		    fault_is_of(fd, mapping->record->start, fault_mode_of(mapping)))
			return context;
	}
	return NULL;
}

static void add_areas(struct look *look)
{
	struct fault_map *map = look->map;
	const struct task *task;
	size_t nr = 0;

	TAILQ_FOREACH(task, &look->dump->tasks, link)
		for (unsigned int i = 0; has_space(task) && i < task->nr_mappings; i++)
			nr += is_registered(&task->mappings[i]);
	map->areas = arena_array(&look->dump->arena, struct fault_area, nr + 1);
	TAILQ_FOREACH(task, &look->dump->tasks, link)
		for (unsigned int i = 0; has_space(task) && i < task->nr_mappings; i++)
			if (is_registered(&task->mappings[i]))
				map->areas[map->nr_areas++] = (struct fault_area){
					.task = task,
					.mapping = &task->mappings[i],
					.context = find_context(map, task, &task->mappings[i]),
					.mode = fault_mode_of(&task->mappings[i]),
				};
}

/* --- may the kernel itself wait? --- */

/* A page that is not there: one that it would wait for. 0: none. */
static uint64_t find_missing(const struct fault_area *area)
{
	_cleanup_page_map_ struct page_map here = { 0 };
	_cleanup_page_scan_ struct page_scan scan = PAGE_SCAN_NONE;
	uint64_t at = area->mapping->record->start, end = area->mapping->record->end;
	struct page_scan_registered found = { .contents = &here };

	if (!(area->mode & UFFDIO_REGISTER_MODE_MISSING) || !area->mapping->anonymous ||
	    !(area->mapping->vm_flags & PROC_VM_READ) || page_scan_open(area->task->proc_fd, &scan) < 0 ||
	    page_scan_registered(&scan, at, end, &found) < 0 || found.hidden || found.poisoned)
		return 0;
	for (size_t i = 0; i < here.count && here.runs[i].start == at; i++)
		at = here.runs[i].end;
	return at < end ? at : 0;
}

/* Where no page is missing it is taken for one that may: then those who wait are served. */
static int find_user_mode(const struct fault_map *map, struct fault_context *context)
{
	for (size_t i = 0; i < map->nr_areas && !(context->features & UFFD_FEATURE_SIGBUS); i++) {
		const struct fault_area *area = &map->areas[i];
		uint64_t missing = area->context == context ? find_missing(area) : 0;
		_cleanup_close_ int fd = -EBADF;
		int ret;

		if (!missing)
			continue;
		ret = fd_duplicate(context->fd, &fd);
		if (!ret)
			ret = fault_ask_user_mode(fd, area->task->pid, missing);
		context->user_mode_only = ret > 0;
		return ret < 0 ? log_errno(ret, "task %d: a userfaultfd cannot be asked for its mode",
					   area->task->pid)
			       : 0;
	}
	return 0;
}

static int look_at_all(struct look *look)
{
	struct fault_map *map = look->map;
	int error = 0;

	if (add_contexts(look)) {
		look->points = arena_array(&look->dump->arena, uint64_t, POINTS_MAX);
		find_points(look, true);
		find_points(look, false);
	}
	for (size_t i = 0; i < map->nr_contexts; i++)
		map->contexts[i].wrong = look_at(look, &map->contexts[i]);
	add_areas(look);
	for (size_t i = 0; i < map->nr_contexts && !error; i++)
		if (!map->contexts[i].wrong)
			error = find_user_mode(map, &map->contexts[i]);
	return error;
}

const struct fault_map *fault_map_of(struct dump *dump)
{
	bool is_new;
	struct look look = { .dump = dump };

	look.map = kind_state_get(&dump->kind_state, &dump->arena, &userfaultfd_kind, 0, sizeof(*look.map), &is_new);
	if (is_new)
		look.map->error = look_at_all(&look);
	return look.map;
}
