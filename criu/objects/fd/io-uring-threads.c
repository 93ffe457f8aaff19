// SPDX-License-Identifier: GPL-2.0-only
/* What threads have to do with rings: the one that alone may submit (IORING_SETUP_SINGLE_ISSUER), and numbers in place of a
 * descriptor (IORING_REGISTER_RING_FDS). Both it can only say itself, in its restorer. */
#include <errno.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/model/arguments.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/io-uring.h"
#include "criu/util/log.h"

extern const struct fd_kind io_uring_kind;

/* --- dump --- */

static uint32_t numbers_of(const struct ring_inside *inside, pid_t tid)
{
	for (uint32_t i = 0; !inside->error && i < inside->nr_callers; i++)
		if (inside->callers[i].tid == tid)
			return inside->callers[i].numbers;
	return 0;
}

static void record_numbers(struct dump *dump, struct thread *thread, const struct fd_info *fd, uint32_t numbers)
{
	ThreadCoreEntry *core = thread->core->thread_core;

	for (uint32_t i = 0; i < RING_NUMBERS && core->n_rings < RING_NUMBERS; i++) {
		RingNumberEntry *entry;

		if (!(numbers & 1U << i))
			continue;
		entry = arena_new(&dump->arena, RingNumberEntry);
		ring_number_entry__init(entry);
		entry->number = i;
		entry->file_id = fd->file_id;
		core->rings[core->n_rings++] = entry;
	}
}

/* Of which ring a number is, is known by the rings that the thread has open. */
static int io_uring_threads_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	uint32_t left = thread->parasite->registered_rings;
	struct fd_walk walk = fd_walk_task(task);
	const struct fd_info *fd;

	if (!left)
		return 0;
	thread->core->thread_core->rings = arena_array(&dump->arena, RingNumberEntry *, RING_NUMBERS);
	while ((fd = fd_walk_next(&walk))) {
		uint32_t numbers = fd->kind == &io_uring_kind && ring_find_number(task, thread, fd->file_id) >= 0
					   ? numbers_of(&ring_find(dump, fd, NULL)->inside, thread->tid) & left
					   : 0;

		record_numbers(dump, thread, fd, numbers);
		left &= ~numbers;
	}
	return left ? log_fail(-ENOTSUP,
			       "task %d: thread %d has an io_uring registered (IORING_REGISTER_RING_FDS) that it has not "
			       "open, or of which the kernel does not tell; unregister it before the dump",
			       task->pid, thread->tid)
		    : 0;
}

/* --- restore --- */

static int io_uring_threads_load(struct restore *restore, struct task *task)
{
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		const struct thread *thread = &task->threads[i];
		const ThreadCoreEntry *core = thread->core->thread_core;

		for (size_t n = 0; core && n < core->n_rings; n++) {
			const RingNumberEntry *entry = core->rings[n];
			const struct file *file = restore_find_file(restore, entry->file_id);

			if (entry->number >= RING_NUMBERS || thread->dead || !file ||
			    file->record->type != FD_TYPES__IO_URING ||
			    ring_find_number(task, thread, entry->file_id) < 0)
				return log_fail(-EBADMSG, "image 'core-%d.img': impossible number of io_uring %u",
						thread->tid, entry->file_id);
		}
	}
	return 0;
}

/* Of those that nobody wants nothing was checked, and there is none. */
static const IoUringEntry *bound_ring(const struct file *file, const struct thread *thread)
{
	bool is_ring = file->wanted && file->record->type == FD_TYPES__IO_URING;
	const IoUringEntry *record = is_ring ? file->record->uring : NULL;

	return record && ring_is_bound(record) && (pid_t)record->issuer == thread->tid ? record : NULL;
}

static uint32_t count_rings(const struct restore *restore, const struct thread *thread)
{
	const ThreadCoreEntry *core = thread->core->thread_core;
	size_t nr = core ? core->n_rings : 0;

	for (size_t i = 0; i < restore->nr_files; i++)
		nr += bound_ring(&restore->files[i], thread) != NULL;
	return (uint32_t)nr;
}

static size_t io_uring_threads_room(struct restore *restore, const struct task *task)
{
	size_t size = 0;

	for (unsigned int i = 0; i < task->nr_threads; i++) {
		uint32_t nr = count_rings(restore, &task->threads[i]);

		size += nr ? nr * sizeof(struct restorer_ring) + 64 : 0;
	}
	return size;
}

static void plan_bound(const IoUringEntry *record, const struct file *file, struct restorer_ring *ret)
{
	const struct io_uring_params *params = file->object;

	ret->bound = 1;
	ret->step = record->sq_entries < record->cq_entries ? record->sq_entries : record->cq_entries;
	ret->read = record->positions[RING_CQ_HEAD];
	ret->all = record->positions[RING_CQ_TAIL];
	ret->tail = params->sq_off.tail;
	ret->head = params->cq_off.head;
	ret->number = -1;
}

static int io_uring_threads_plan_thread(struct restore *restore, struct task *task, struct thread *thread,
					struct restorer_thread *ret)
{
	const ThreadCoreEntry *core = thread->core->thread_core;
	uint32_t nr = count_rings(restore, thread);
	struct restorer_ring *rings = nr ? arguments_alloc(restore, nr * sizeof(*rings), &ret->rings) : NULL;

	if (!rings)
		return nr ? -ENOMEM : 0;
	for (size_t i = 0; i < restore->nr_files; i++) {
		const IoUringEntry *record = bound_ring(&restore->files[i], thread);

		if (!record)
			continue;
		plan_bound(record, &restore->files[i], &rings[ret->nr_rings]);
		rings[ret->nr_rings++].fd = ring_find_number(task, thread, restore->files[i].id);
	}
	for (size_t i = 0; core && i < core->n_rings; i++)
		rings[ret->nr_rings++] = (struct restorer_ring){
			.fd = ring_find_number(task, thread, core->rings[i]->file_id),
			.number = (int32_t)core->rings[i]->number,
		};
	return 0;
}

const struct task_kind io_uring_threads_kind = {
	.name = "io-uring-threads",
	.dump_thread = io_uring_threads_dump_thread,
	.load = io_uring_threads_load,
	.room = io_uring_threads_room,
	.plan_thread = io_uring_threads_plan_thread,
};
