// SPDX-License-Identifier: GPL-2.0-only
/* Mappings of tasks: images -> model -> plan -> arguments of the restorer blob. */
#include "criu/restore/mappings.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>

#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/mappings.h"
#include "criu/objects/kinds.h"
#include "criu/objects/memory/memory.h"
#include "criu/pages/image-source.h"
#include "criu/restore/memory-internal.h"
#include "criu/util/log.h"

/* Below it only privileged processes may map; nothing of ours goes there. */
#define STAGING_LOWEST (1UL << 20)

static const char task_key, tree_key; /* their addresses name the state of this file */

struct task_memory *task_memory(const struct restore *restore, const struct task *task)
{
	return kind_state_find(&restore->kind_state, &task_key, (uint64_t)task->pid);
}

struct tree_memory *tree_memory(const struct restore *restore)
{
	return kind_state_find(&restore->kind_state, &tree_key, 0);
}

static void forget_memory(struct task_memory *memory)
{
	page_source_close(memory->pages);
	memory->pages = NULL;
	page_map_free(&memory->guards);
}

/* --- images -> model --- */

static int add_guard(const struct task *task, struct task_memory *memory, const VmaEntry *record)
{
	int error = record->end > USER_ADDRESS_MAX
			    ? -EINVAL
			    : page_map_add(&memory->guards, record->start, record->end, PAGES_PRESENT);

	return error < 0 ? log_fail(-EBADMSG, "image 'mm-%d.img': guard pages %" PRIx64 "-%" PRIx64 " cannot be",
				    task->pid, record->start, record->end)
			 : 0;
}

static int add_mapping(struct restore *restore, struct task *task, VmaEntry *record, uint64_t *last_end)
{
	struct mapping *mapping = &task->mappings[task->nr_mappings];
	int error = memory_check_record(restore, task, record, *last_end);

	if (error < 0)
		return error;
	*last_end = record->end;
	mapping->record = record;
	mapping->fd = -1;
	mapping->kind = mapping_kind_of_record(record);
	mapping->anonymous = record->status & VMA_ANON_PRIVATE;
	task->nr_mappings++;
	return mapping->kind && mapping->kind->load ? mapping->kind->load(restore, task, mapping) : 0;
}

static int add_record(struct restore *restore, struct task *task, struct task_memory *memory,
		      VmaEntry *record, uint64_t *last_end)
{
	if (record->status == VMA_GUARD)
		return add_guard(task, memory, record);
	/* At the same address in every process, above user memory. */
	if (record->status & VMA_VSYSCALL)
		return 0;
	return add_mapping(restore, task, record, last_end);
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

static bool can_have_pages(const struct mapping *mapping)
{
	return mapping->kind && mapping->kind->dump_pages && mapping_is_private(mapping->record) &&
	       !(mapping->record->flags & MAP_DROPPABLE);
}

static bool run_is_mapped(const struct task *task, const struct page_run *run, bool pages)
{
	uint64_t at = run->start;

	for (unsigned int i = find_mapping(task, at); at < run->end; i++) {
		if (i == task->nr_mappings || task->mappings[i].record->start > at)
			return false;
		if (pages && !can_have_pages(&task->mappings[i]))
			return false;
		at = task->mappings[i].record->end;
	}
	return true;
}

static int check_runs(const struct task *task, const struct page_map *map, bool pages)
{
	for (size_t i = 0; i < map->count; i++) {
		if (!run_is_mapped(task, &map->runs[i], pages))
			return log_fail(-EBADMSG,
					"image '%s-%d.img': pages %" PRIx64 "-%" PRIx64 " are not in private "
					"memory of the task",
					pages ? "pagemap" : "mm", task->pid, map->runs[i].start, map->runs[i].end);
	}
	return 0;
}

static int load_pages(struct restore *restore, struct task *task, struct task_memory *memory)
{
	int error = page_image_source_open(restore->images, IMAGE_PAGEMAP, (uint64_t)task->pid,
					   USER_ADDRESS_MAX, &memory->pages);

	if (error == -ENODATA)
		return log_fail(error, "task %d: its pages were left on the host of the dump (lazy dump)",
				task->pid);
	if (error < 0)
		return log_errno(error, "cannot read image 'pagemap-%d.img'", task->pid);
	if (restore->nr_refusals) /* some mappings have no kind */
		return 0;
	error = check_runs(task, page_image_source_map(memory->pages), true);
	return error < 0 ? error : check_runs(task, &memory->guards, false);
}

static int check_mappings(struct restore *restore, struct task *task, struct task_memory *memory)
{
	int error = 0;

	for (unsigned int i = 0; error == 0 && i < task->nr_mappings; i++) {
		const struct mapping *mapping = &task->mappings[i];

		if (mapping->kind->check)
			error = mapping->kind->check(restore, task, mapping, memory->pages);
	}
	page_image_source_rest(memory->pages);
	return error;
}

int restore_load_mappings(struct restore *restore, struct task *task)
{
	struct task_memory *memory = kind_state_get(&restore->kind_state, &restore->arena, &task_key,
						    (uint64_t)task->pid, sizeof(*memory), NULL);
	uint64_t last_end = 0;
	int error = 0;

	forget_memory(memory);
	task->mappings = arena_array(&restore->arena, struct mapping, task->mm->n_vmas);
	task->nr_mappings = 0;
	for (size_t i = 0; error == 0 && i < task->mm->n_vmas; i++)
		error = add_record(restore, task, memory, task->mm->vmas[i], &last_end);
	for (size_t i = 0; error == 0 && i < task->mm->n_guards; i++)
		error = task->mm->guards[i]->status == VMA_GUARD
				? add_record(restore, task, memory, task->mm->guards[i], &last_end)
				: log_fail(-EBADMSG, "image 'mm-%d.img': a guard area is none", task->pid);
	if (error == 0)
		error = load_pages(restore, task, memory);
	return error < 0 || restore->nr_refusals ? error : check_mappings(restore, task, memory);
}

/* --- plan --- */

bool mapping_can_stage(const struct mapping *mapping)
{
	return can_have_pages(mapping) && !mapping->kind->kernels_own;
}

static void add_range(struct address_range *ranges, size_t *nr, uint64_t start, uint64_t end)
{
	ranges[(*nr)++] = (struct address_range){ .start = start, .end = end };
}

static int find_hole(struct restore *restore, struct address_range *ret_hole)
{
	_cleanup_proc_mappings_ struct proc_mappings own = { 0 };
	_cleanup_close_ int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ struct address_range *ranges = NULL;
	const struct task *task;
	size_t room, nr = 0;
	int error;

	if (self < 0)
		return log_errno(errno, "cannot open '%s'", "/proc/self");
	error = proc_read_maps(self, &own);
	if (error < 0)
		return log_errno(error, "cannot read '%s'", "/proc/self/maps");
	room = own.count;
	TAILQ_FOREACH(task, &restore->tasks, link)
		room += task->nr_mappings;
	ranges = calloc(room + 1, sizeof(*ranges));
	if (!ranges)
		return log_errno(ENOMEM, "cannot plan %zu mappings", room);
	for (size_t i = 0; i < own.count; i++)
		add_range(ranges, &nr, own.items[i].start, own.items[i].end);
	TAILQ_FOREACH(task, &restore->tasks, link) {
		for (unsigned int i = 0; i < task->nr_mappings; i++)
			add_range(ranges, &nr, task->mappings[i].record->start, task->mappings[i].record->end);
	}
	error = staging_find_hole(ranges, nr, STAGING_LOWEST, USER_ADDRESS_MAX, ret_hole);
	return error < 0 ? log_errno(error, "no room to gather memory: the mappings of all tasks leave no hole")
			 : 0;
}

static bool has_guards(const struct restore *restore, const struct task *task, const VmaEntry *record)
{
	return page_map_touches(&task_memory(restore, task)->guards, record->start, record->end);
}

/* A mapping that a task has had from its parent, as far as one can tell: fork then shares the pages. It may be a piece
 * of the parent's, which either has cut since then; anonymous ones may have grown at their end, as heaps do. */
static bool is_piece(const struct mapping *mapping, const struct mapping *other)
{
	const VmaEntry *a = mapping->record, *b = other->record;

	if (a->start < b->start || a->start >= b->end || mapping->kind != other->kind ||
	    (a->flags & ~MAP_LOCKED) != (b->flags & ~MAP_LOCKED))
		return false;
	if (mapping->anonymous)
		return true;
	return a->end <= b->end && a->shmid == b->shmid && a->pgoff - b->pgoff == a->start - b->start;
}

const struct task *memory_parent(const struct task *task)
{
	return task->parent && task->parent->vm_owner ? task->parent->vm_owner : task->parent;
}

const struct mapping *memory_find_inherited(const struct restore *restore, const struct task *task,
					    const struct mapping *mapping)
{
	const struct task *parent = memory_parent(task);
	unsigned int at = parent ? find_mapping(parent, mapping->record->start) : 0;
	const struct mapping *other;

	if (!parent || at == parent->nr_mappings)
		return NULL;
	other = &parent->mappings[at];
	if (!is_piece(mapping, other) || !other->staging || has_guards(restore, parent, other->record))
		return NULL;
	return other;
}

/* How far descendants of the task have the mapping: they need the room, too. */
static uint64_t furthest_end(const struct restore *restore, const struct task *task, const struct mapping *mapping);

static uint64_t furthest_end_in(const struct restore *restore, const struct task *child, const struct mapping *mapping)
{
	uint64_t end = 0;

	for (unsigned int i = find_mapping(child, mapping->record->start);
	     i < child->nr_mappings && child->mappings[i].record->start < mapping->record->end; i++) {
		if (is_piece(&child->mappings[i], mapping))
			end = MAX(end, furthest_end(restore, child, &child->mappings[i]));
	}
	return end;
}

static uint64_t furthest_end(const struct restore *restore, const struct task *task, const struct mapping *mapping)
{
	uint64_t end = mapping->record->end;
	const struct task *child;

	TAILQ_FOREACH(child, &task->children, sibling)
		end = MAX(end, furthest_end_in(restore, child, mapping));
	if (!task->nr_guests)
		return end;
	/* Children of its guests have it, too. */
	TAILQ_FOREACH(child, &restore->tasks, link)
		if (memory_parent(child) == task && child->parent != task)
			end = MAX(end, furthest_end_in(restore, child, mapping));
	return end;
}

static void plan_mapping(const struct restore *restore, struct task *task, struct mapping *mapping, uint64_t *next)
{
	const struct task_memory *memory = task_memory(restore, task);
	const VmaEntry *record = mapping->record;
	bool guards = has_guards(restore, task, record);
	const struct mapping *other;

	if (!mapping_can_stage(mapping))
		return;
	if (!guards && !page_map_touches(page_image_source_map(memory->pages), record->start, record->end))
		return;
	other = guards ? NULL : memory_find_inherited(restore, task, mapping);
	if (other) {
		mapping->staging = other->staging + (record->start - other->record->start);
		mapping->inherited = true;
		return;
	}
	mapping->staging = staging_align(*next, record->start, record->end - record->start);
	*next = mapping->staging + (furthest_end(restore, task, mapping) - record->start) + STAGING_GAP;
}

/* Areas of a task lie behind those of its ancestors; siblings may use the same addresses. */
static void plan_task(const struct restore *restore, struct task *task)
{
	struct task_memory *memory = task_memory(restore, task);
	struct tree_memory *tree = tree_memory(restore);
	const struct task_memory *parent = task->parent ? task_memory(restore, memory_parent(task)) : NULL;
	uint64_t next = parent ? parent->staging_end : tree->hole.start;

	if (!memory)
		return;
	for (unsigned int i = 0; i < task->nr_mappings; i++)
		plan_mapping(restore, task, &task->mappings[i], &next);
	memory->staging_end = next;
	tree->staging_end = MAX(tree->staging_end, next);
}

static int open_mappings(struct restore *restore, struct task *task)
{
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		struct mapping *mapping = &task->mappings[i];
		int error = mapping->kind->open ? mapping->kind->open(restore, task, mapping) : 0;

		if (error < 0)
			return error;
	}
	return 0;
}

static int share_stats(struct tree_memory *tree)
{
	void *memory = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return log_errno(errno, "cannot share figures with the tasks");
	tree->stats = memory;
	return 0;
}

/* Guests use that of their host. */
static int plan_restorers(struct restore *restore, uint64_t size)
{
	struct task *task;

	TAILQ_FOREACH(task, &restore->tasks, link) {
		task->restorer = ROUND_UP(tree_memory(restore)->staging_end, STAGING_GAP);
		task->restorer_size = size;
	}
	TAILQ_FOREACH(task, &restore->tasks, link) {
		struct task *host = task->vm_owner ? task->vm_owner : task;
		int error = task->is_32bit ? restore_plan_low_restorer(host, size) : 0;

		if (error < 0)
			return error;
	}
	TAILQ_FOREACH(task, &restore->tasks, link)
		if (task->vm_owner)
			task->restorer = task->vm_owner->restorer;
	return 0;
}

int restore_plan_mappings(struct restore *restore, uint64_t restorer_size)
{
	struct tree_memory *tree = kind_state_get(&restore->kind_state, &restore->arena, &tree_key, 0,
						  sizeof(*tree), NULL);
	struct task *task;
	int error = share_stats(tree);

	if (error == 0)
		error = find_hole(restore, &tree->hole);
	if (error < 0)
		return error;
	tree->staging_end = tree->hole.start;
	/* Parents come first. */
	TAILQ_FOREACH(task, &restore->tasks, link) {
		plan_task(restore, task);
		error = open_mappings(restore, task);
		if (error < 0)
			return error;
	}
	if (tree->staging_end > tree->hole.end || restorer_size > tree->hole.end - tree->staging_end)
		return log_fail(-ENOSPC,
				"no room to gather memory: %" PRIu64 " MiB are needed, the largest hole has "
				"%" PRIu64,
				(tree->staging_end - tree->hole.start) >> 20,
				(tree->hole.end - tree->hole.start) >> 20);
	return plan_restorers(restore, restorer_size);
}

/* --- for the blob --- */

static void describe(const struct mapping *mapping, struct restorer_mapping *ret)
{
	const VmaEntry *record = mapping->record;

	*ret = (struct restorer_mapping){
		.start = record->start,
		.length = record->end - record->start,
		.staging = mapping->staging,
		.offset = mapping->anonymous ? 0 : record->pgoff,
		.madvise = record->madv,
		.prot = record->prot,
		.flags = record->flags & ~(uint32_t)MAP_LOCKED,
		.fd = mapping->anonymous ? -1 : mapping->fd,
		.cornered = mapping->kind->cornered,
		.segment = mapping->segment,
		.read_only = mapping->read_only,
		.lock = !(record->flags & MAP_LOCKED) ? RESTORER_UNLOCKED
			: record->lock_on_fault	      ? RESTORER_LOCKED_ON_FAULT
						      : RESTORER_LOCKED,
	};
	if (mapping->anonymous)
		ret->flags |= MAP_ANONYMOUS;
}

int restore_plan_restorer_mappings(struct restore *restore, struct task *task, struct restorer_mapping *ret,
				   unsigned int *ret_nr)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		if (!task->mappings[i].kind->kernels_own)
			describe(&task->mappings[i], &ret[nr++]);
	}
	*ret_nr = nr;
	return 0;
}

void restore_staging_range(const struct restore *restore, const struct task *task, uint64_t *ret_start,
			   uint64_t *ret_end)
{
	uint64_t start = UINT64_MAX, end = 0;

	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		const struct mapping *mapping = &task->mappings[i];

		if (!mapping->staging)
			continue;
		start = MIN(start, mapping->staging);
		end = MAX(end, mapping->staging + mapping->record->end - mapping->record->start);
	}
	*ret_start = end ? start : 0;
	*ret_end = end;
}

/* --- end --- */

void restore_collect_memory_stats(struct restore *restore)
{
	struct tree_memory *tree = tree_memory(restore);

	if (!tree || !tree->stats)
		return;
	restore->stats.pages_compared += tree->stats->pages_compared;
	restore->stats.pages_skipped_cow += tree->stats->pages_skipped_cow;
	restore->stats.pages_restored += tree->stats->pages_restored;
	*tree->stats = (struct restore_stats){ 0 };
}

void restore_forget_mappings(struct restore *restore)
{
	struct tree_memory *tree = tree_memory(restore);
	struct task *task;

	if (tree && tree->stats) {
		munmap(tree->stats, PAGE_SIZE);
		tree->stats = NULL;
	}
	TAILQ_FOREACH(task, &restore->tasks, link) {
		struct task_memory *memory = task_memory(restore, task);

		if (memory)
			forget_memory(memory);
	}
}
