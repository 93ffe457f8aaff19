// SPDX-License-Identifier: GPL-2.0-only
/* What is registered with a ring and what it is bound to, as far as the memory of the kernel tells: files, an eventfd, a
 * clock, limits of its workers. At the restore this process registers it anew, as long as the ring is nobody's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "criu/objects/fd/io-uring.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define FILES_MAX (1U << 20) /* IORING_MAX_FIXED_FILES */
#define LIMITS 2

/* --- dump --- */

static const struct thread *find_thread(const struct task_list *tasks, pid_t tid, const struct task **ret_task)
{
	TAILQ_FOREACH(*ret_task, tasks, link)
		for (unsigned int i = 0; i < (*ret_task)->nr_threads; i++)
			if ((*ret_task)->threads[i].tid == tid && !(*ret_task)->threads[i].dead)
				return &(*ret_task)->threads[i];
	return NULL;
}

int ring_find_number(const struct task *task, const struct thread *thread, uint32_t file_id)
{
	const struct fd_info *fds = thread->fds ? thread->fds : task->fds;
	unsigned int nr = thread->fds ? thread->nr_fds : task->nr_fds;

	for (unsigned int i = 0; i < nr; i++)
		if (fds[i].file_id == file_id)
			return fds[i].fd;
	return -ENOENT;
}

/* The name of a registered file: in fdinfo the files follow their number, "    0: /path". */
static const char *name_of(struct dump *dump, const struct fd_info *fd, uint32_t number)
{
	const char *at = strstr(fd->fdinfo, "UserFiles:"), *end;
	char key[32];

	snprintf(key, sizeof(key), " %u: ", number);
	at = at ? strchr(at, '\n') : NULL;
	at = at ? strstr(at, key) : NULL;
	if (!at)
		return "?";
	at += strlen(key);
	end = strchrnul(at, '\n');
	return arena_printf(&dump->arena, "%.*s", (int)(end - at), at);
}

static const char *find_lost_file(struct dump *dump, const struct fd_info *fd, const struct ring_inside *inside)
{
	const struct ring_slot *first = NULL;
	unsigned int nr = 0;

	for (uint32_t i = 0; i < inside->nr_slots; i++) {
		first = first || inside->slots[i].fd ? first : &inside->slots[i];
		nr += !inside->slots[i].fd;
	}
	if (!first)
		return NULL;
	return arena_printf(&dump->arena,
			    "has a file registered that no task of the tree has open: number %u, '%s' (%u such files); "
			    "unregister it before the dump, or keep a descriptor of it",
			    first->number, name_of(dump, fd, first->number), nr);
}

static const char *find_issuer(struct dump *dump, const struct fd_info *fd, const struct ring_inside *inside)
{
	const struct task *task;
	const struct thread *thread;

	if (!inside->issuer)
		return NULL;
	thread = find_thread(&dump->tasks, inside->issuer_tid, &task);
	if (!thread)
		return "is bound to a thread that has ended or is not in the tree (IORING_SETUP_SINGLE_ISSUER): nobody "
		       "can use it any more; close it before the dump";
	if (ring_find_number(task, thread, fd->file_id) < 0)
		return arena_printf(&dump->arena,
				    "is bound to thread %d (IORING_SETUP_SINGLE_ISSUER), which has it not among its "
				    "descriptors",
				    thread->tid);
	return NULL;
}

static const char *find_flags(struct dump *dump, const struct ring_inside *inside)
{
	uint64_t unknown = inside->setup_flags & ~(uint64_t)(RING_KEPT_FLAGS | RING_DROPPED_FLAGS);

	if (inside->setup_flags & RING_SETUP_NO_MMAP)
		return "has its queues in memory of the program (IORING_SETUP_NO_MMAP), and where cannot be told";
	if (unknown)
		return arena_printf(&dump->arena, "was made with flags that are not supported (%#lx)",
				    (unsigned long)unknown);
	return NULL;
}

const char *ring_find_unkept(struct dump *dump, const struct fd_info *fd, const struct ring_inside *inside)
{
	const char *wrong = find_flags(dump, inside);

	if (wrong)
		return wrong;
	if (inside->restricted)
		return "has restrictions (IORING_REGISTER_RESTRICTIONS), which are not supported";
	if (inside->personalities)
		return RING_HAS_PERSONALITIES;
	if (inside->region)
		return "has a memory region registered (IORING_REGISTER_MEM_REGION), and where it is mapped cannot be told";
	if (inside->receivers || inside->one_receiver)
		return "receives into memory of its own (IORING_REGISTER_ZCRX_IFQ), which is not supported";
	if (inside->groups)
		return "has groups of provided buffers, which cannot be read back; unregister them before the dump";
	if (inside->event && !inside->event_fd)
		return "has an eventfd registered that no task of the tree has open; unregister it before the dump, or "
		       "keep a descriptor of it";
	wrong = find_lost_file(dump, fd, inside);
	return wrong ? wrong : find_issuer(dump, fd, inside);
}

static void record_files(struct dump *dump, const struct ring_inside *inside, IoUringEntry *record)
{
	record->has_nr_files = record->has_range_start = record->has_range_end = inside->nr_files != 0;
	record->nr_files = (uint32_t)inside->nr_files;
	record->range_start = (uint32_t)inside->range_start;
	record->range_end = (uint32_t)inside->range_end;
	record->files = arena_array(&dump->arena, RingSlotEntry *, inside->nr_slots);
	for (uint32_t i = 0; i < inside->nr_slots; i++) {
		RingSlotEntry *slot = arena_new(&dump->arena, RingSlotEntry);

		ring_slot_entry__init(slot);
		slot->number = inside->slots[i].number;
		slot->file_id = inside->slots[i].fd->file_id;
		slot->tag = inside->slots[i].tag;
		slot->has_tag = slot->tag != 0;
		record->files[record->n_files++] = slot;
	}
}

void ring_record_registered(struct dump *dump, const struct ring_inside *inside, IoUringEntry *record)
{
	record_files(dump, inside, record);
	record->has_issuer = inside->issuer != 0;
	record->issuer = (uint32_t)inside->issuer_tid;
	if (inside->event) {
		record->has_event_file_id = record->has_event_async = true;
		record->event_file_id = inside->event_fd->file_id;
		record->event_async = inside->event_async != 0;
	}
	record->has_clock = inside->clock != CLOCK_MONOTONIC;
	record->clock = (uint32_t)inside->clock;
	if (inside->has_worker_limits) {
		record->n_worker_limits = LIMITS;
		record->worker_limits = arena_copy(&dump->arena, inside->worker_limits,
						   sizeof(inside->worker_limits));
	}
}

/* --- restore --- */

bool ring_is_bound(const IoUringEntry *record)
{
	return record->setup_flags & RING_SETUP_SINGLE_ISSUER && !(record->setup_flags & IORING_SETUP_R_DISABLED);
}

/* A ring cannot be registered with a ring. */
static bool want_file(struct restore *restore, uint32_t file_id)
{
	struct file *file = restore_find_file(restore, file_id);

	if (!file || file->record->type == FD_TYPES__IO_URING)
		return false;
	file->wanted = true;
	return true;
}

static bool is_eventfd(struct restore *restore, uint32_t file_id)
{
	return want_file(restore, file_id) && restore_find_file(restore, file_id)->record->type == FD_TYPES__EVENTFD;
}

static bool want_files(struct restore *restore, const IoUringEntry *record)
{
	if (record->nr_files > FILES_MAX || (record->n_files && !record->nr_files) ||
	    (record->nr_files && (record->range_start > record->range_end || record->range_end > record->nr_files)))
		return false;
	for (size_t i = 0; i < record->n_files; i++) {
		const RingSlotEntry *slot = record->files[i];

		if (slot->number >= record->nr_files || (i && slot->number <= record->files[i - 1]->number) ||
		    !want_file(restore, slot->file_id))
			return false;
	}
	return true;
}

static bool has_issuer(const struct restore *restore, const struct file *file)
{
	const IoUringEntry *record = file->record->uring;
	const struct task *task;
	const struct thread *thread = find_thread(&restore->tasks, (pid_t)record->issuer, &task);

	return thread && task->state != TASK_DEAD && ring_find_number(task, thread, file->id) >= 0;
}

int ring_load_registered(struct restore *restore, const struct file *file)
{
	const IoUringEntry *record = file->record->uring;
	const char *wrong = NULL;

	if (!want_files(restore, record))
		wrong = "table of files";
	else if (record->has_event_file_id && !is_eventfd(restore, record->event_file_id))
		wrong = "eventfd";
	else if (ring_is_bound(record) ? !record->has_issuer || !has_issuer(restore, file) : record->has_issuer)
		wrong = "thread";
	else if (record->n_worker_limits && record->n_worker_limits != LIMITS)
		wrong = "limits of workers";
	return wrong ? log_fail(-EBADMSG, "files.img: io_uring %u: impossible %s", file->id, wrong) : 0;
}

/* struct io_uring_rsrc_register */
static int register_files(struct restore *restore, const struct file *file)
{
	const IoUringEntry *record = file->record->uring;
	_cleanup_free_ int32_t *fds = calloc(record->nr_files + 1UL, sizeof(*fds));
	_cleanup_free_ uint64_t *tags = calloc(record->nr_files + 1UL, sizeof(*tags));
	struct io_uring_rsrc_register files = {
		.nr = record->nr_files,
		.data = (uintptr_t)fds,
		.tags = (uintptr_t)tags,
	};
	struct {
		uint32_t offset, length;
		uint64_t reserved;
	} range = { record->range_start, record->range_end - record->range_start, 0 };
	int error;

	if (!fds || !tags)
		return -ENOMEM;
	for (uint32_t i = 0; i < record->nr_files; i++)
		fds[i] = -1;
	for (size_t i = 0; i < record->n_files; i++) {
		fds[record->files[i]->number] = restore_find_file(restore, record->files[i]->file_id)->fd;
		tags[record->files[i]->number] = record->files[i]->tag;
	}
	error = ring_register(file->fd, RING_REGISTER_FILES2, &files, sizeof(files));
	return error < 0 ? error : ring_register(file->fd, RING_REGISTER_FILE_ALLOC_RANGE, &range, 0);
}

static int register_event(struct restore *restore, const struct file *file)
{
	const IoUringEntry *record = file->record->uring;
	int fd = restore_find_file(restore, record->event_file_id)->fd;

	return ring_register(
		file->fd, record->event_async ? RING_REGISTER_EVENTFD_ASYNC : IORING_REGISTER_EVENTFD, &fd, 1);
}

/* All that can be registered is open now. */
int ring_reopen(struct restore *restore, struct file *file)
{
	const IoUringEntry *record = file->record->uring;
	uint32_t clock[4] = { record->clock }, limits[LIMITS];
	int error = record->nr_files ? register_files(restore, file) : 0;

	if (error < 0)
		return log_errno(error, "io_uring %u: files cannot be registered", file->id);
	if (record->has_event_file_id)
		error = register_event(restore, file);
	if (error < 0)
		return log_errno(error, "io_uring %u: eventfd cannot be registered", file->id);
	if (record->has_clock)
		error = ring_register(file->fd, RING_REGISTER_CLOCK, clock, 0);
	if (error < 0)
		return log_errno(error, "io_uring %u: clock %u cannot be set", file->id, record->clock);
	if (record->n_worker_limits) {
		memcpy(limits, record->worker_limits, sizeof(limits));
		error = ring_register(file->fd, RING_REGISTER_WORKERS, limits, LIMITS);
	}
	return error < 0 ? log_errno(error, "io_uring %u: limits of workers cannot be set", file->id) : 0;
}
