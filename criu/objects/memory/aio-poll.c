// SPDX-License-Identifier: GPL-2.0-only
/* Requests of AIO contexts that wait for a condition (IOCB_CMD_POLL). Only the memory of the kernel tells them (fs/aio.c,
 * struct aio_kiocb, in the list of those that can be cancelled). Each is known to the task by the address of its block,
 * which may be used for something else by now: for the time of the submission it is made what it was. */
#include "criu/objects/memory/aio-poll.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/aio_abi.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/arch/arch.h"
#include "criu/blobs/restorer/aio-ring.h"
#include "criu/kernel/kernel-view.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define POLLS_MAX 1000000
#define REQUEST "aio_kiocb"
#define ROOM_ON_STACK 256 /* below what the restorer uses of it, to which the thread never returns */

/* One request, as the kernel has it. */
struct request {
	uint64_t block, data, events, file, eventfd;
	int fd, result_fd; /* descriptors of the task; -1: none */
};

/* --- dump: the memory of the kernel --- */

static int find_task(struct kernel_view *view, const struct task *task, uint64_t *ret_task)
{
	uint64_t at = 0, offset = 0, links = 0;
	_cleanup_close_ int dir = -EBADF;
	char name[32];
	int ret;

	snprintf(name, sizeof(name), "task/%d", task_live_thread(task)->tid);
	dir = openat(task->proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ret = dir < 0 ? -errno : kernel_view_file(view, dir, &at);
	if (ret == 0)
		ret = kernel_view_get(view, at, "file", "f_inode", &at);
	if (ret == 0)
		ret = kernel_view_locate(view, at, "proc_inode", "vfs_inode", &offset);
	if (ret == 0)
		ret = kernel_view_get(view, at - (offset - at), "proc_inode", "pid", &at);
	/* The first of both is of the thread (include/linux/pid_types.h, PIDTYPE_PID). */
	if (ret == 0)
		ret = kernel_view_locate(view, at, "pid", "tasks", &at);
	if (ret == 0)
		ret = kernel_view_get(view, at, "hlist_head", "first", &at);
	if (ret == 0)
		ret = kernel_view_locate(view, at, "task_struct", "pid_links", &links);
	*ret_task = at - (links - at);
	return ret;
}

/* 0 for that of another address space, whose ring was inherited. */
static int find_context(struct kernel_view *view, uint64_t task, uint64_t address, uint32_t id, uint64_t *ret_context)
{
	uint64_t table = 0, nr = 0, at = 0, found = 0;
	int ret = kernel_view_get(view, task, "task_struct", "mm", &at);

	*ret_context = 0;
	if (ret == 0)
		ret = kernel_view_get(view, at, "mm_struct", "ioctx_table", &table);
	if (ret < 0 || !table)
		return ret;
	ret = kernel_view_get(view, table, "kioctx_table", "nr", &nr);
	if (ret < 0 || id >= nr)
		return ret;
	ret = kernel_view_locate(view, table, "kioctx_table", "table", &at);
	if (ret == 0)
		ret = kernel_view_read(view, at + id * sizeof(at), &at, sizeof(at));
	if (ret < 0 || !at)
		return ret;
	ret = kernel_view_get(view, at, "kioctx", "user_id", &found);
	if (ret == 0 && found == address)
		*ret_context = at;
	return ret;
}

static int read_request(struct kernel_view *view, uint64_t at, struct request *request)
{
	int ret = kernel_view_get(view, at, REQUEST, "ki_res.obj", &request->block);

	if (ret == 0)
		ret = kernel_view_get(view, at, REQUEST, "ki_res.data", &request->data);
	if (ret == 0)
		ret = kernel_view_get(view, at, REQUEST, "poll.events", &request->events);
	if (ret == 0)
		ret = kernel_view_get(view, at, REQUEST, "poll.file", &request->file);
	return ret < 0 ? ret : kernel_view_get(view, at, REQUEST, "ki_eventfd", &request->eventfd);
}

/* Who is told of the completion, besides (IOCB_FLAG_RESFD). */
static bool is_result(struct kernel_view *view, const struct fd_info *fd, uint64_t file, uint64_t eventfd)
{
	uint64_t context = 0;

	return strcmp(fd->link, "anon_inode:[eventfd]") == 0 &&
	       kernel_view_get(view, file, "file", "private_data", &context) == 0 && context == eventfd;
}

static int find_descriptors(struct kernel_view *view, uint64_t owner, const struct task *task, struct request *request)
{
	uint64_t table = 0, file = 0;
	int ret = kernel_view_get(view, owner, "task_struct", "files", &table);

	request->fd = request->result_fd = -1;
	if (ret == 0)
		ret = kernel_view_get(view, table, "files_struct", "fdt", &table);
	if (ret == 0)
		ret = kernel_view_get(view, table, "fdtable", "fd", &table);
	for (unsigned int i = 0; ret == 0 && i < task->nr_fds; i++) {
		const struct fd_info *fd = &task->fds[i];

		ret = kernel_view_read(view, table + (uint64_t)fd->fd * sizeof(file), &file, sizeof(file));
		if (ret == 0 && file == request->file)
			request->fd = fd->fd;
		if (ret == 0 && request->eventfd && is_result(view, fd, file, request->eventfd))
			request->result_fd = fd->fd;
	}
	return ret;
}

/* --- dump --- */

static bool can_write(const struct task *task, uint64_t block)
{
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		const VmaEntry *record = task->mappings[i].record;

		if (record->start <= block && block < record->end)
			return record->prot & PROT_WRITE && record->end - block >= sizeof(struct iocb);
	}
	return false;
}

static const char *find_obstacle(const struct task *task, const struct request *request)
{
	if (request->fd < 0)
		return "waits at a file of which it has no descriptor any more";
	if (request->eventfd && request->result_fd < 0)
		return "tells its end to an eventfd of which it has no descriptor any more";
	if (!can_write(task, request->block))
		return "is of a block in memory that cannot be written any more";
	if (compel_is_compat(&task_live_thread(task)->compel->registers))
		return "is of 32-bit code";
	return NULL;
}

static void refuse_or_add(struct dump *dump, const struct task *task, uint64_t address,
			  const struct request *request, AioRingEntry *entry)
{
	const char *obstacle = find_obstacle(task, request);
	AioPollEntry *poll;

	if (!entry) {
		if (obstacle)
			dump_refuse(dump, task,
				    "AIO context %" PRIx64 ": a request of it (IOCB_CMD_POLL, block %" PRIx64
				    ") %s; cancel it (io_cancel) before the dump",
				    address, request->block, obstacle);
		return;
	}
	poll = arena_new(&dump->arena, AioPollEntry);
	aio_poll_entry__init(poll);
	poll->block = request->block;
	poll->data = request->data;
	poll->events = (uint32_t)request->events;
	poll->fd = (uint32_t)request->fd;
	poll->has_result_fd = request->result_fd >= 0;
	poll->result_fd = (uint32_t)request->result_fd;
	entry->polls[entry->n_polls++] = poll;
}

/* The requests from @list on, or only how many they are. */
static int walk(struct dump *dump, struct kernel_view *view, uint64_t list,
		int (*take)(void *context, struct dump *dump, struct kernel_view *view, uint64_t at), void *context)
{
	uint64_t at = 0, offset = 0;
	int ret = kernel_view_get(view, list, "list_head", "next", &at);

	for (unsigned int i = 0; ret == 0 && at != list; i++) {
		ret = i < POLLS_MAX ? kernel_view_locate(view, at, REQUEST, "ki_list", &offset) : -ELOOP;
		if (ret == 0)
			ret = take(context, dump, view, at - (offset - at));
		if (ret == 0)
			ret = kernel_view_get(view, at, "list_head", "next", &at);
	}
	return ret;
}

struct look {
	const struct task *task;
	uint64_t owner, address;
	AioRingEntry *entry;
	size_t room;
};

static int count_request(void *context, struct dump *dump, struct kernel_view *view, uint64_t at)
{
	struct look *look = context;

	look->room++;
	return 0;
}

static int take_request(void *context, struct dump *dump, struct kernel_view *view, uint64_t at)
{
	struct look *look = context;
	struct request request = { 0 };
	int ret = read_request(view, at, &request);

	if (ret == 0)
		ret = find_descriptors(view, look->owner, look->task, &request);
	if (ret == 0 && look->room-- == 0)
		ret = -ESTALE;
	if (ret == 0)
		refuse_or_add(dump, look->task, look->address, &request, look->entry);
	return ret;
}

int aio_polls_look(struct dump *dump, const struct task *task, uint64_t address, uint32_t id, AioRingEntry *entry)
{
	struct look look = { .task = task, .address = address, .entry = entry };
	struct kernel_view *view;
	uint64_t context = 0, list = 0;
	int ret = queue_view_open(dump, &view);

	if (ret == 0)
		ret = find_task(view, task, &look.owner);
	if (ret == 0)
		ret = find_context(view, look.owner, address, id, &context);
	if (ret < 0 || !context)
		return ret;
	ret = kernel_view_locate(view, context, "kioctx", "active_reqs", &list);
	if (ret == 0)
		ret = walk(dump, view, list, count_request, &look);
	if (ret == 0 && entry && look.room)
		entry->polls = arena_array(&dump->arena, AioPollEntry *, look.room);
	return ret < 0 || !look.room ? ret : walk(dump, view, list, take_request, &look);
}

/* --- restore --- */

static bool has_fd(const struct task *task, uint32_t fd)
{
	for (unsigned int i = 0; i < task->nr_fds; i++)
		if ((uint32_t)task->fds[i].fd == fd)
			return true;
	return false;
}

int aio_polls_load(const struct task *task, const AioRingEntry *entry)
{
	for (size_t i = 0; i < entry->n_polls; i++) {
		const AioPollEntry *poll = entry->polls[i];

		if (!has_fd(task, poll->fd) || (poll->has_result_fd && !has_fd(task, poll->result_fd)) ||
		    !can_write(task, poll->block) || poll->events > UINT16_MAX || poll->block % sizeof(uint64_t))
			return log_fail(-EBADMSG,
					"image 'mm-%d.img': AIO context %" PRIx64
					" has an impossible request (block %" PRIx64 ")",
					task->pid, entry->id, poll->block);
	}
	return 0;
}

/* It may have been completed while the dump went on: then its event is in the ring behind what the dump saw first. */
static int find_completed(struct compel_process *process, const AioRingEntry *entry, bool *completed)
{
	struct aio_ring ring = { 0 };
	uint64_t event[AIO_EVENT_SIZE / sizeof(uint64_t)];
	int ret = compel_read(process, entry->id, &ring, sizeof(ring));

	if (ret == 0 && (ring.nr == 0 || entry->tail >= ring.nr || ring.tail >= ring.nr))
		ret = -EBADMSG;
	for (uint32_t at = entry->tail; ret == 0 && at != ring.tail; at = (at + 1) % ring.nr) {
		ret = compel_read(process, entry->id + sizeof(ring) + (uint64_t)at * AIO_EVENT_SIZE, event,
				  sizeof(event));
		for (size_t i = 0; ret == 0 && i < entry->n_polls; i++)
			if (!completed[i] && entry->polls[i]->block == event[1]) {
				completed[i] = true;
				break;
			}
	}
	return ret;
}

static struct iocb block_of(const AioPollEntry *poll)
{
	return (struct iocb){
		.aio_data = poll->data,
		.aio_lio_opcode = IOCB_CMD_POLL,
		.aio_fildes = poll->fd,
		.aio_buf = poll->events,
		.aio_flags = poll->has_result_fd ? IOCB_FLAG_RESFD : 0,
		.aio_resfd = poll->result_fd,
	};
}

static int submit(struct compel_thread *thread, struct compel_process *process, const AioRingEntry *entry,
		  const AioPollEntry *poll)
{
	uint64_t place = (compel_sp(&thread->registers) - ROOM_ON_STACK) & ~15UL;
	const uint64_t arguments[6] = { entry->id, 1, place };
	struct iocb block = block_of(poll), old;
	long value = 0;
	int ret = compel_read(process, poll->block, &old, sizeof(old)), back;

	if (ret == 0)
		ret = compel_write(process, place, &poll->block, sizeof(poll->block));
	if (ret == 0)
		ret = compel_write(process, poll->block, &block, sizeof(block));
	if (ret < 0)
		return ret;
	ret = compel_syscall(thread, SYS_io_submit, arguments, &value);
	back = compel_write(process, poll->block, &old, sizeof(old));
	if (ret == 0 && value != 1)
		ret = value < 0 ? (int)value : -EIO;
	return ret < 0 ? ret : back;
}

int aio_polls_submit(struct restore *restore, const struct task *task, const AioRingEntry *entry)
{
	struct compel_process *process = restore->processes[task->index];
	struct compel_thread *thread = restore_seized_thread(restore, task_live_thread(task));
	bool *completed = entry->n_polls ? arena_array(&restore->arena, bool, entry->n_polls) : NULL;
	int ret = thread ? 0 : -ESRCH;

	if (!completed)
		return 0;
	if (ret == 0)
		ret = find_completed(process, entry, completed);
	for (size_t i = 0; ret == 0 && i < entry->n_polls; i++)
		if (!completed[i])
			ret = submit(thread, process, entry, entry->polls[i]);
	return ret < 0 ? log_errno(ret, "task %d: AIO context %" PRIx64 ": its requests cannot be made again",
				   task->pid, entry->id)
		       : 0;
}
