// SPDX-License-Identifier: GPL-2.0-only
/* Buffers registered with an io_uring (IORING_REGISTER_BUFFERS): memory of the task, which the kernel holds. The ring's
 * fdinfo lists them by address, so it must be certain whose addresses these are, and that the memory there is still the one
 * that was registered. Both the kernel's memory tells (io-uring-pages.c), and tags of buffers. Without it a ring with buffers
 * must be of one process. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/fdinfo.h"
#include "criu/model/arguments.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/kinds.h"
#include "criu/objects/memory/io-uring-pages.h"
#include "criu/objects/memory/memory.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define BUFFERS_MAX 16384U /* IORING_MAX_REG_BUFFERS */
#define BUFFER_SIZE_MAX (1UL << 30)

extern const struct fd_kind io_uring_kind;
extern const struct task_kind io_uring_buffers_kind;

struct list {
	struct arena *arena;
	RingBuffersEntry *entry;
	unsigned long left; /* lines */
};

/* "    0: 0x7f0000/4096" or "    1: <none>" below "UserBufs: 2". Before Linux 6.13 what is free has the last address. */
static int take_line(void *context, const char *key, const char *value)
{
	struct list *list = context;
	unsigned long address = 0, length = 0;

	if (!strcmp(key, "UserBufs")) {
		list->left = MIN(strtoul(value, NULL, 10), BUFFERS_MAX);
		list->entry->addresses = arena_array(list->arena, uint64_t, list->left);
		list->entry->lengths = arena_array(list->arena, uint64_t, list->left);
		return 0;
	}
	if (!list->left)
		return 0;
	if (sscanf(value, "%lx/%lu", &address, &length) != 2 || address == ULONG_MAX)
		address = length = 0;
	list->entry->addresses[list->entry->n_addresses++] = address;
	list->entry->lengths[list->entry->n_lengths++] = length;
	list->left--;
	return 0;
}

static int read_buffers(struct arena *arena, const struct fd_info *fd, RingBuffersEntry *ret)
{
	struct list list = { .arena = arena, .entry = ret };
	struct proc_fdinfo common = { 0 };

	ring_buffers_entry__init(ret);
	return proc_parse_fdinfo(fd->fdinfo, strlen(fd->fdinfo), take_line, &list, &common);
}

/* --- dump --- */

static pid_t space_of(const struct task *task)
{
	return task->vm_owner ? task->vm_owner->pid : task->threads[0].tid;
}

/* Any process that has the ring may have registered what it shows. */
static bool has_other_users(const struct dump *dump, const struct fd_info *fd)
{
	struct fd_walk walk = fd_walk_all(&dump->tasks);
	const struct fd_info *other;

	while ((other = fd_walk_next(&walk)))
		if (other->kind == &io_uring_kind && other->stat.st_ino == fd->stat.st_ino &&
		    (space_of(other->task) != space_of(fd->task) || other->task->share[SHARE_FILES].group))
			return true;
	return false;
}

static bool is_mapped(const struct task *task, uint64_t address, uint64_t end)
{
	for (unsigned int i = 0; i < task->nr_mappings && address < end; i++) {
		const VmaEntry *record = task->mappings[i].record;

		if (record->status != VMA_GUARD && record->start <= address && record->end > address)
			address = record->end;
	}
	return address >= end;
}

static bool are_mapped(const struct task *task, const RingBuffersEntry *entry)
{
	for (size_t i = 0; i < entry->n_addresses; i++) {
		uint64_t address = entry->addresses[i], length = entry->lengths[i];

		if (!address != !length || length > BUFFER_SIZE_MAX || address > UINT64_MAX - length ||
		    !is_mapped(task, address, address + length))
			return false;
	}
	return true;
}

/* The task whose memory they are. */
struct ring_owner {
	const struct task *task;
	uint64_t *tags;
};

/* Any that has the ring may be. */
static int find_owner(struct dump *dump, const struct fd_info *fd, RingBuffersEntry *entry, struct ring_owner *ret)
{
	struct fd_walk walk = fd_walk_all(&dump->tasks);
	const struct fd_info *other;
	int error = 0;

	entry->tags = arena_array(&dump->arena, uint64_t, entry->n_addresses);
	while (!error && !ret->task && (other = fd_walk_next(&walk))) {
		bool is_its = false;

		if (other->kind != &io_uring_kind || other->stat.st_ino != fd->stat.st_ino ||
		    !are_mapped(other->task, entry))
			continue;
		error = ring_buffers_match(dump, fd, other->task, entry, &is_its);
		ret->task = is_its ? other->task : NULL;
	}
	ret->tags = entry->tags;
	return error;
}

static void survey_ring(struct dump *dump, const struct fd_info *fd, RingBuffersEntry *entry,
			struct ring_owner *owner)
{
	int error = find_owner(dump, fd, entry, owner);
	const char *wrong = NULL;

	if (error < 0) {
		owner->task = are_mapped(fd->task, entry) ? fd->task : NULL;
		owner->tags = NULL;
	}
	if (error < 0 && has_other_users(dump, fd))
		wrong = "and several processes have it: whose memory they are cannot be told";
	else if (!owner->task)
		wrong = "that are no memory any more of a task that has it";
	if (wrong)
		dump_refuse(dump, fd->task,
			    "%s: io_uring: has buffers registered, %s; unregister them before the dump",
			    fd_describe(dump, fd), wrong);
}

static int io_uring_buffers_survey(struct dump *dump, const struct task *task)
{
	struct fd_walk walk = fd_walk_task(task);
	RingBuffersEntry entry;
	const struct fd_info *fd;

	while ((fd = fd_walk_next(&walk))) {
		struct ring_owner *owner;
		bool is_new;

		if (fd->kind != &io_uring_kind || read_buffers(&dump->arena, fd, &entry) < 0 || !entry.n_addresses)
			continue;
		owner = kind_state_get(&dump->kind_state, &dump->arena, &io_uring_buffers_kind,
				       fd->stat.st_ino, sizeof(*owner), &is_new);
		if (is_new)
			survey_ring(dump, fd, &entry, owner);
	}
	return 0;
}

static void add_tags(RingBuffersEntry *entry, uint64_t *tags)
{
	for (size_t i = 0; tags && i < entry->n_addresses; i++)
		if (tags[i])
			entry->n_tags = entry->n_addresses;
	entry->tags = tags;
}

static bool is_known(const MmEntry *mm, uint32_t file_id)
{
	for (size_t i = 0; i < mm->n_ring_buffers; i++)
		if (mm->ring_buffers[i]->file_id == file_id)
			return true;
	return false;
}

static int io_uring_buffers_dump_task(struct dump *dump, struct task *task)
{
	struct fd_walk walk = fd_walk_task(task);
	const struct fd_info *fd;
	int error = 0;

	if (task->state == TASK_DEAD)
		return 0;
	task->mm->ring_buffers = arena_array(&dump->arena, RingBuffersEntry *, task->nr_fds);
	while (!error && (fd = fd_walk_next(&walk)) && task->mm->n_ring_buffers < task->nr_fds) {
		const struct ring_owner *owner = kind_state_find(&dump->kind_state, &io_uring_buffers_kind,
								 fd->stat.st_ino);
		RingBuffersEntry *entry;

		if (fd->kind != &io_uring_kind || !owner || owner->task != task || is_known(task->mm, fd->file_id))
			continue;
		entry = arena_new(&dump->arena, RingBuffersEntry);
		error = read_buffers(&dump->arena, fd, entry);
		entry->file_id = fd->file_id;
		add_tags(entry, owner->tags);
		if (!error && entry->n_addresses)
			task->mm->ring_buffers[task->mm->n_ring_buffers++] = entry;
	}
	return error < 0 ? log_errno(error, "task %d: buffers of an io_uring", task->pid) : 0;
}

/* --- restore --- */

static int io_uring_buffers_load(struct restore *restore, struct task *task)
{
	const MmEntry *mm = task->mm;

	for (size_t i = 0; i < mm->n_ring_buffers; i++) {
		const RingBuffersEntry *entry = mm->ring_buffers[i];
		struct file *file = restore_find_file(restore, entry->file_id);

		if (!file || file->record->type != FD_TYPES__IO_URING ||
		    entry->n_addresses != entry->n_lengths || entry->n_addresses > BUFFERS_MAX ||
		    (entry->n_tags && entry->n_tags != entry->n_addresses) || !are_mapped(task, entry))
			return log_fail(-EBADMSG, "image 'mm-%d.img': impossible buffers of io_uring %u",
					task->pid, entry->file_id);
		file->wanted = true;
	}
	return 0;
}

static size_t io_uring_buffers_room(struct restore *restore, const struct task *task)
{
	size_t size = 64;

	for (size_t i = 0; task->mm && i < task->mm->n_ring_buffers; i++)
		size += sizeof(struct restorer_ring_buffers) + 64 +
			task->mm->ring_buffers[i]->n_addresses * (sizeof(struct iovec) + sizeof(uint64_t));
	return size;
}

static int plan_ring(struct restore *restore, const RingBuffersEntry *entry, struct restorer_ring_buffers *ret)
{
	struct iovec *buffers = arguments_alloc(restore, entry->n_addresses * sizeof(*buffers), &ret->buffers);
	uint64_t *tags = entry->n_tags ? arguments_alloc(restore, entry->n_tags * sizeof(*tags), &ret->tags) : NULL;

	if (!buffers || (entry->n_tags && !tags))
		return -ENOMEM;
	for (size_t i = 0; i < entry->n_tags; i++)
		tags[i] = entry->tags[i];
	ret->fd = restore_find_file(restore, entry->file_id)->fd;
	ret->nr = (uint32_t)entry->n_addresses;
	for (size_t i = 0; i < entry->n_addresses; i++)
		buffers[i] = (struct iovec){ (void *)(uintptr_t)entry->addresses[i], entry->lengths[i] };
	return 0;
}

static int io_uring_buffers_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	const MmEntry *mm = task->mm;
	struct restorer_ring_buffers *rings = arguments_alloc(restore, mm->n_ring_buffers * sizeof(*rings),
							      &ret->ring_buffers);
	int error = rings ? 0 : -ENOMEM;

	for (size_t i = 0; !error && i < mm->n_ring_buffers; i++) {
		error = plan_ring(restore, mm->ring_buffers[i], &rings[i]);
		ret->nr_ring_buffers++;
	}
	return error;
}

const struct task_kind io_uring_buffers_kind = {
	.name = "io-uring-buffers",
	.survey = io_uring_buffers_survey,
	.dump_task = io_uring_buffers_dump_task,
	.load = io_uring_buffers_load,
	.room = io_uring_buffers_room,
	.plan_task = io_uring_buffers_plan_task,
};
