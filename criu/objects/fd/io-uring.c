// SPDX-License-Identifier: GPL-2.0-only
/* Rings of io_uring_setup(2): dump. A ring is kept when nothing is in flight: the queues, with entries that were not
 * submitted and completions that were not read, and how far the kernel has come in them. What a ring was made with and
 * what was registered with it the kernel mostly does not tell: it is read in its memory (io-uring-inside.c).
 *
 * Where that cannot be read it shows in how the ring answers to questions that change nothing, asked by this process
 * through a descriptor of its own. What does not show is refused then, but that one thread only may submit, that
 * completions wait for it, and whom they interrupt (SINGLE_ISSUER, DEFER_TASKRUN, COOP_TASKRUN): this makes a ring
 * quicker, and is not kept. */
#include "criu/objects/fd/io-uring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/kernel/proc/fdinfo.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/io-uring-internal.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define PAGE 4096UL
#define GROUPS 65536

extern const struct fd_kind io_uring_kind;

static bool ring_matches(const struct fd_info *fd)
{
	return !strcmp(fd->link, "anon_inode:[io_uring]");
}

/* --- what fdinfo tells --- */

static int take_line(void *context, const char *key, const char *value)
{
	static const struct {
		const char *key;
		size_t offset;
	} numbers[] = {
		{ "SqMask", offsetof(struct ring_info, sq_mask) },
		{ "CqMask", offsetof(struct ring_info, cq_mask) },
		{ "SqTail", offsetof(struct ring_info, positions[RING_SQ_TAIL]) },
		{ "CachedSqHead", offsetof(struct ring_info, positions[RING_SQ_HEAD]) },
		{ "CqHead", offsetof(struct ring_info, positions[RING_CQ_HEAD]) },
		{ "CachedCqTail", offsetof(struct ring_info, positions[RING_CQ_TAIL]) },
		{ "SqThread", offsetof(struct ring_info, sq_thread) },
		{ "UserFiles", offsetof(struct ring_info, files) },
	};
	struct ring_info *info = context;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!strcmp(key, numbers[i].key)) {
			uint32_t number = (uint32_t)strtol(value, NULL, 0);

			if (value[0] != '-')
				number = (uint32_t)strtoul(value, NULL, 0);
			memcpy((char *)info + numbers[i].offset, &number, sizeof(number));
		}
	info->complete |= !strcmp(key, "CqOverflowList");
	info->personalities |= !strcmp(key, "Personalities");
	info->napi |= !strcmp(key, "NAPI") && strcmp(value, "disabled") != 0;
	/* Requests that wait, and completions without room: lines of a list below its title. */
	info->waiting |= info->in_list && (!strncmp(value, "op=", 3) || !strncmp(key, "op=", 3));
	info->overflow |= info->in_list && (strstr(key, "user_data=") || strstr(value, "user_data="));
	info->in_list |= !strcmp(key, "PollList");
	return 0;
}

int ring_read_info(int fd, struct ring_info *ret)
{
	_cleanup_close_ int self = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct proc_fdinfo common = { 0 };
	int error = self < 0 ? -errno : 0;

	/* Not complete when another thread is at work in the ring. */
	for (int attempt = 0; !error && attempt < 100; attempt++) {
		*ret = (struct ring_info){ .sq_thread = UINT32_MAX };
		error = proc_read_fdinfo(self, fd, take_line, ret, &common);
		if (ret->complete)
			return error;
		usleep(1000);
	}
	return error < 0 ? error : -EBUSY;
}

bool ring_is_idle(struct dump *dump, int fd, const struct ring_info *info)
{
	uint64_t nr = 0;

	if (ring_count_requests(dump, fd, &nr) == 0 && nr)
		return false;
	return !info->waiting && !info->overflow && info->positions[RING_SQ_HEAD] == info->positions[RING_CQ_TAIL];
}

/* --- questions that change nothing: who is to read the argument finds none --- */

static int ask(const struct ring_dump *ring, unsigned int opcode)
{
	return ring_register(ring->fd, opcode, (void *)1, 1);
}

/* Is there a group of provided buffers? */
static bool has_buffer_groups(const struct ring_dump *ring)
{
	uint32_t status[10] = { 0 };

	for (status[0] = 0; status[0] < GROUPS; status[0]++)
		if (ring_register(ring->fd, RING_REGISTER_BUFFER_STATUS, status, 1) != -ENOENT)
			return true;
	return false;
}

const char *ring_wrong_answer(const struct parasite_io_uring *answer)
{
	if (answer->eventfd == -EACCES)
		return "has restrictions (IORING_REGISTER_RESTRICTIONS), which cannot be read back";
	if (answer->eventfd == -EBUSY)
		return "has an eventfd registered, and which one cannot be told; unregister it before the dump";
	if (answer->eventfd != -EFAULT)
		return "does not tell what was registered with it";
	if (answer->napi == -EINVAL)
		return "polls for completions (IORING_SETUP_IOPOLL), or is of a kernel before 6.9: this is not supported";
	if (answer->region == -EBUSY)
		return "has a memory region registered, which cannot be read back";
	if (answer->groups)
		return "has groups of provided buffers, which cannot be read back; unregister them before the dump";
	return NULL;
}

/* A ring that answers to one thread only is asked by that (io_uring_requests). */
static const char *find_registered(struct ring_dump *ring)
{
	struct parasite_io_uring answer = { .eventfd = ask(ring, IORING_REGISTER_EVENTFD) };

	ring->single = answer.eventfd == -EEXIST;
	if (ring->single)
		return NULL;
	if (answer.eventfd == -EFAULT) {
		answer.napi = ask(ring, RING_REGISTER_NAPI);
		answer.region = ask(ring, RING_REGISTER_MEMORY_REGION);
		answer.groups = has_buffer_groups(ring);
	}
	return ring_wrong_answer(&answer);
}

static const char *find_state(struct dump *dump, const struct ring_info *info, int blind)
{
	if (info->sq_thread != UINT32_MAX)
		return "has a thread of the kernel that submits (IORING_SETUP_SQPOLL), which is not supported";
	if (info->files && blind)
		return arena_printf(&dump->arena,
				    "has files registered, and which ones cannot be told (%s; " QUEUE_VIEW_NEEDS
				    "); unregister them before the dump",
				    strerror(-blind));
	if (info->personalities)
		return RING_HAS_PERSONALITIES;
	if (info->napi)
		return "has busy polling of networks (NAPI) set, which is not supported";
	if (info->overflow)
		return "has completions for which its queue has no room; read some of them before the dump";
	if (info->waiting)
		return "has requests in flight that wait for an event (poll); let them end before the dump";
	if (info->sq_mask >= RING_SQ_MAX || info->cq_mask >= RING_CQ_MAX)
		return "has queues of an impossible size";
	if (info->positions[RING_SQ_TAIL] - info->positions[RING_SQ_HEAD] > info->sq_mask + 1 ||
	    info->positions[RING_CQ_TAIL] - info->positions[RING_CQ_HEAD] > info->cq_mask + 1)
		return "has impossible positions in its queues";
	if (info->positions[RING_SQ_HEAD] > RING_STEPS_MAX)
		return "has been used for more requests than can be repeated (67108864 no-ops); make a new one before "
		       "the dump";
	return NULL;
}

/* --- its memory --- */

/* Mapped as far as the kernel lets us, and read so that what is not there does no harm. */
static int copy_queue(struct dump *dump, int fd, uint64_t offset, size_t size, uint8_t **ret_copy)
{
	struct iovec to = { arena_array(&dump->arena, uint8_t, size), 0 }, from = { NULL, 0 };
	void *memory = MAP_FAILED;
	ssize_t got = -1;
	size_t mapped = size;

	for (; mapped && memory == MAP_FAILED; mapped -= memory == MAP_FAILED ? PAGE : 0)
		memory = mmap(NULL, mapped, PROT_READ, MAP_SHARED, fd, (off_t)offset);
	if (memory == MAP_FAILED)
		return -errno;
	*ret_copy = to.iov_base;
	to.iov_len = from.iov_len = mapped;
	from.iov_base = memory;
	got = process_vm_readv(getpid(), &to, 1, &from, 1, 0);
	munmap(memory, mapped);
	return got < 0 ? -errno : 0;
}

static int copy_memory(struct dump *dump, struct ring_dump *ring)
{
	struct ring_memory *memory = &ring->memory;
	uint32_t sq = ring->info.sq_mask + 1, cq = ring->info.cq_mask + 1;
	int error;

	memory->queues_size = ROUND_UP(64 + cq * 32 + 64 + sq * sizeof(uint32_t), PAGE);
	memory->sqes_size = ROUND_UP(sq * 128, PAGE);
	error = copy_queue(dump, ring->fd, IORING_OFF_SQ_RING, memory->queues_size, &memory->queues);
	if (!error)
		error = copy_queue(dump, ring->fd, IORING_OFF_SQES, memory->sqes_size, &memory->sqes);
	return error;
}

static void find_mapped(const struct dump *dump, const struct fd_info *fd, struct ring_memory *memory)
{
	const struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		for (unsigned int i = 0; i < task->nr_mappings; i++) {
			const struct mapping *mapping = &task->mappings[i];
			uint64_t size = mapping->record->end - mapping->record->start;
			bool sqes = mapping->record->pgoff == IORING_OFF_SQES;

			if (mapping->inode != fd->stat.st_ino || mapping->dev != fd->stat.st_dev)
				continue;
			if (sqes)
				memory->sqes_mapped = MAX(memory->sqes_mapped, size);
			else
				memory->queues_mapped = MAX(memory->queues_mapped, size);
		}
}

/* --- survey --- */

/* Does one thing less than the ring itself does, where the kernel cannot be looked into. */
static const char *look_blindly(struct dump *dump, const struct fd_info *fd, struct ring_dump *ring)
{
	log_warn("task %d: %s: io_uring: the memory of the kernel cannot be read (%s; " QUEUE_VIEW_NEEDS
		 "): that it is bound to a thread, or leaves its completions to it, would not be kept "
		 "(SINGLE_ISSUER, DEFER_TASKRUN, COOP_TASKRUN), nor its clock, limits of its workers, tags, and "
		 "personalities that the kernel does not list",
		 fd->task->pid, fd_describe(dump, fd), strerror(-ring->inside.error));
	if (ring_enter(ring->fd, 0, 0) == -EBADFD)
		return "is disabled (IORING_SETUP_R_DISABLED), which is not supported";
	return find_registered(ring);
}

static const char *find_form(struct ring_dump *ring)
{
	ring->setup_flags = (uint32_t)ring->inside.setup_flags & RING_KEPT_FLAGS;
	ring->has_array = !(ring->setup_flags & RING_SETUP_NO_SQARRAY);
	if (!ring->inside.error)
		return NULL;
	return ring_find_form(&ring->memory, ring->info.positions, ring->info.sq_mask + 1,
			      ring->info.cq_mask + 1, &ring->setup_flags, &ring->has_array);
}

static const char *look(struct dump *dump, const struct fd_info *fd, struct ring_dump *ring)
{
	const char *wrong;
	int error = fd_duplicate(fd, &ring->fd);

	if (!error)
		error = ring_read_info(ring->fd, &ring->info);
	if (error == -EBUSY)
		return "is not described by this kernel (Linux 6.8 or later is needed), or is at work all the time";
	if (error < 0)
		return "cannot be looked at";
	ring_look_inside(dump, ring->fd, &ring->inside);
	wrong = find_state(dump, &ring->info, ring->inside.error);
	if (!wrong)
		wrong = ring->inside.error ? look_blindly(dump, fd, ring)
					   : ring_find_unkept(dump, fd, &ring->inside);
	if (wrong)
		return wrong;
	if (copy_memory(dump, ring) < 0)
		return "has queues that cannot be read (IORING_SETUP_NO_MMAP)";
	find_mapped(dump, fd, &ring->memory);
	return find_form(ring);
}

struct ring_dump *ring_find(struct dump *dump, const struct fd_info *fd, bool *ret_new)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &io_uring_kind, fd->stat.st_ino,
			      sizeof(struct ring_dump), ret_new);
}

static int ring_survey(struct dump *dump, const struct fd_info *fd)
{
	bool is_new;
	struct ring_dump *ring = ring_find(dump, fd, &is_new);
	const char *wrong;

	if (!is_new)
		return fd_owner_survey(dump, fd);
	ring->fd = -EBADF;
	wrong = look(dump, fd, ring);
	if (wrong)
		dump_refuse(dump, fd->task, "%s: io_uring: %s", fd_describe(dump, fd), wrong);
	if (ring->fd >= 0)
		close(ring->fd);
	ring->fd = -EBADF;
	return fd_owner_survey(dump, fd);
}

/* --- record --- */

static ProtobufCBinaryData slice(struct dump *dump, const uint8_t *memory, size_t start, size_t size)
{
	return (ProtobufCBinaryData){ .len = size, .data = arena_copy(&dump->arena, memory + start, size) };
}

static void fill_contents(struct dump *dump, const struct ring_dump *ring, const struct ring_view *like,
			  IoUringEntry *record)
{
	const struct ring_memory *memory = &ring->memory;
	ProtobufCBinaryData *contents = arena_array(&dump->arena, ProtobufCBinaryData, RING_CONTENTS);
	const struct io_uring_params *params = &like->params;

	contents[RING_ARRAY] = slice(dump, memory->queues, params->sq_off.array,
				     ring->has_array ? params->sq_entries * sizeof(uint32_t) : 0);
	contents[RING_SQES] = slice(dump, memory->sqes, 0, params->sq_entries * ring_sqe_size(params->flags));
	contents[RING_CQES] = slice(dump, memory->queues, params->cq_off.cqes,
				    params->cq_entries * ring_cqe_size(params->flags));
	record->n_contents = RING_CONTENTS;
	record->contents = contents;
}

static uint32_t word_at(const struct ring_dump *ring, uint32_t offset)
{
	uint32_t word;

	memcpy(&word, ring->memory.queues + offset, sizeof(word));
	return word;
}

static void fill_numbers(struct dump *dump, const struct ring_dump *ring, const struct ring_view *like,
			 IoUringEntry *record)
{
	const struct io_uring_params *params = &like->params;

	record->setup_flags = params->flags;
	record->sq_entries = params->sq_entries;
	record->cq_entries = params->cq_entries;
	record->n_positions = RING_POSITIONS;
	record->positions = arena_copy(&dump->arena, ring->info.positions, sizeof(ring->info.positions));
	record->n_counters = RING_COUNTERS;
	record->counters = arena_array(&dump->arena, uint32_t, RING_COUNTERS);
	record->counters[RING_DROPPED] = word_at(ring, params->sq_off.dropped);
	record->counters[RING_OVERFLOW] = word_at(ring, params->cq_off.overflow);
	record->counters[RING_CQ_FLAGS] = word_at(ring, params->cq_off.flags);
	record->n_offsets = RING_OFFSETS;
	record->offsets = arena_array(&dump->arena, uint32_t, RING_OFFSETS);
	ring_offsets(params, record->offsets);
	if (!ring->inside.error)
		ring_record_registered(dump, &ring->inside, record);
}

/* Once more: completions have come in since the survey. */
static int look_again(struct dump *dump, const struct fd_info *fd, struct ring_dump *ring)
{
	const char *wrong = look(dump, fd, ring);

	if (!wrong && ring->single && !ring->answered)
		wrong = "answers to one thread only (IORING_SETUP_SINGLE_ISSUER), which none of the task is";
	if (!wrong && !ring_is_idle(dump, ring->fd, &ring->info))
		wrong = "has requests in flight which do not end (or were made so that their completions cannot be "
			"counted): let them end before the dump, or give it more time (--timeout)";
	if (wrong)
		return log_fail(-EBUSY, "task %d: %s: io_uring: %s", fd->task->pid, fd_describe(dump, fd), wrong);
	return 0;
}

static int fill_record(struct dump *dump, const struct fd_info *fd, struct ring_dump *ring, IoUringEntry *record)
{
	struct ring_view like = { .fd = -EBADF };
	int error = look_again(dump, fd, ring);

	if (error < 0)
		return error;
	error = ring_make(ring->info.sq_mask + 1, ring->info.cq_mask + 1, ring->setup_flags, &like);
	if (error < 0)
		return log_errno(error, "task %d: %s: no ring like it can be made", fd->task->pid,
				 fd_describe(dump, fd));
	fill_numbers(dump, ring, &like, record);
	fill_contents(dump, ring, &like, record);
	ring_forget(&like);
	return 0;
}

static int ring_dump_record(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	IoUringEntry *entry = arena_new(&dump->arena, IoUringEntry);
	struct ring_dump *ring = ring_find(dump, fd, NULL);
	int error;

	io_uring_entry__init(entry);
	entry->id = record->id;
	entry->flags = fd->flags;
	entry->fown = fd_owner_dump(dump, fd);
	error = fill_record(dump, fd, ring, entry);
	if (ring->fd >= 0)
		close(ring->fd);
	ring->fd = -EBADF;
	record->uring = entry;
	return error;
}

const struct fd_kind io_uring_kind = {
	.name = "io-uring",
	.type = FD_TYPES__IO_URING,
	.matches = ring_matches,
	.survey = ring_survey,
	.dump = ring_dump_record,
	.load = ring_load,
	.open = ring_open,
	.reopen = ring_reopen,
	.finish = ring_finish,
	.comes_last = true,
	.attach = ring_attach,
};
