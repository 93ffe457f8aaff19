// SPDX-License-Identifier: GPL-2.0-only
/* Adds to an epoll what it watched: under the old numbers, disabled or told of its edges as before. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "criu/model/fd-walk.h"
#include "criu/objects/fd/epoll-internal.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define TFD_IOC_SET_TICKS _IOW('T', 0, uint64_t)
#define DRAIN_TRIES 1000

static const char index_key;

/* --- who has what --- */

struct holders {
	const struct fd_info **fds; /* by file, then in the order of the tree */
	size_t nr;
};

static int compare_holders(const void *left, const void *right)
{
	const struct fd_info *a = *(const struct fd_info *const *)left, *b = *(const struct fd_info *const *)right;

	if (a->file_id != b->file_id)
		return a->file_id < b->file_id ? -1 : 1;
	return a->task->pid != b->task->pid ? (a->task->pid < b->task->pid ? -1 : 1) : a->fd - b->fd;
}

static const struct holders *get_holders(struct restore *restore)
{
	struct fd_walk walk = fd_walk_all(&restore->tasks), again = walk;
	struct holders *holders;
	struct fd_info *fd;
	bool is_new;

	holders = kind_state_get(&restore->kind_state, &restore->arena, &index_key, 0, sizeof(*holders), &is_new);
	if (!is_new)
		return holders;
	while (fd_walk_next(&walk))
		holders->nr++;
	holders->fds = arena_array(&restore->arena, const struct fd_info *, holders->nr + 1);
	for (size_t i = 0; (fd = fd_walk_next(&again)); i++)
		holders->fds[i] = fd;
	qsort(holders->fds, holders->nr, sizeof(*holders->fds), compare_holders);
	return holders;
}

static size_t first_holder(const struct holders *holders, uint32_t file_id)
{
	size_t low = 0, high = holders->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (holders->fds[middle]->file_id < file_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int compare_fd(const void *left, const void *right)
{
	return ((const struct fd_info *)left)->fd - ((const struct fd_info *)right)->fd;
}

static const struct fd_info *find_number(const struct task *task, uint32_t number)
{
	struct fd_info key = { .fd = (int)number };

	return task->nr_fds ? bsearch(&key, task->fds, task->nr_fds, sizeof(key), compare_fd) : NULL;
}

struct file *epoll_find_file(struct restore *restore, const struct file *epoll,
			     const EventpollTfdEntry *record, const struct task **ret_task)
{
	const struct holders *holders = get_holders(restore);
	struct file *file = record->has_file ? restore_find_file(restore, record->file) : NULL;

	*ret_task = NULL;
	if (record->has_file && !file)
		return NULL;
	/* Images of CRIU 4.2 have the number alone: it is that of a task which has the epoll as well. */
	for (size_t i = first_holder(holders, epoll->id); i < holders->nr; i++) {
		const struct fd_info *holder = holders->fds[i], *found;

		if (holder->file_id != epoll->id)
			break;
		found = find_number(holder->task, record->tfd);
		if (!found || (file && found->file_id != file->id))
			continue;
		*ret_task = holder->task;
		return restore_find_file(restore, found->file_id);
	}
	return file;
}

/* --- adding --- */

/* The number that is added is part of the name of a target: for this moment the file stands there. */
static int control(int epoll, int operation, const struct epoll_item *item, struct epoll_event *event)
{
	int number = (int)item->record->tfd, flags = fcntl(number, F_GETFD), error = 0;
	_cleanup_close_ int before = flags < 0 ? -EBADF : fcntl(number, F_DUPFD_CLOEXEC, 0);

	if (flags >= 0 && before < 0)
		return -errno;
	if (item->file->fd != number && dup3(item->file->fd, number, O_CLOEXEC) < 0)
		return -errno;
	if (epoll_ctl(epoll == number && before >= 0 ? before : epoll, operation, number, event) < 0)
		error = -errno;
	if (item->file->fd == number)
		return error;
	if (before < 0)
		close(number);
	else if (dup3(before, number, flags & FD_CLOEXEC ? O_CLOEXEC : 0) < 0)
		return -errno;
	return error;
}

static int add(int epoll, struct epoll_item *item, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u64 = item->record->data };
	int error = control(epoll, EPOLL_CTL_ADD, item, &event);

	if (error < 0)
		return log_errno(error, "file %u (%s): cannot be watched by an epoll as descriptor %u",
				 item->file->id, item->file->kind->name, item->record->tfd);
	item->made = true;
	return 0;
}

/* --- what had been told --- */

static uint32_t ready_for(const struct epoll_item *item, uint32_t events)
{
	struct pollfd poll_fd = { .fd = item->file->fd, .events = (short)(events & EPOLL_CONDITIONS) };

	return poll(&poll_fd, 1, 0) == 1 ? (uint32_t)(unsigned short)poll_fd.revents : 0;
}

/* Takes away all that is told now: the one event of @item, should nothing else have happened. */
static bool is_told_alone(int epoll, const struct epoll_item *item, uint32_t expected)
{
	struct epoll_event events[16];
	int total = 0, nr;

	for (int tries = 0; tries < DRAIN_TRIES; tries++) {
		nr = epoll_wait(epoll, events, ARRAY_SIZE(events), 0);
		if (nr <= 0)
			break;
		total += nr;
	}
	return total == 1 && events[0].data.u64 == item->record->data &&
	       (!expected || events[0].events == expected);
}

static int add_told(int epoll, struct epoll_item *item, bool *alone)
{
	const EventpollTfdEntry *record = item->record;
	int error;

	if (ready_for(item, record->events) != record->delivered)
		return 0;
	error = add(epoll, item, record->events);
	*alone = *alone && (error < 0 || is_told_alone(epoll, item, record->delivered));
	return error;
}

/* Timers of others went off meanwhile: so that nothing is missed, all is told once more. */
static int tell_again(int epoll, const struct epoll_item *items, size_t nr)
{
	int error = 0;

	for (size_t i = 0; i < nr && !error; i++) {
		struct epoll_event event = { .events = items[i].record->events, .data.u64 = items[i].record->data };

		if (items[i].made && !epoll_is_disabled(event.events))
			error = control(epoll, EPOLL_CTL_MOD, &items[i], &event);
	}
	return error < 0 ? log_errno(error, "what an epoll watches cannot be changed") : 0;
}

/* --- what is disabled: it is told once, of something --- */

/* Through the writing end, for as long as it takes. */
static int add_pipe(int epoll, struct epoll_item *item, bool *alone)
{
	_cleanup_close_ int reader = -EBADF, writer = -EBADF;
	char link[32], byte = 0;
	int error;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", item->file->fd);
	reader = open(link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	writer = open(link, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (reader < 0 || writer < 0 || write(writer, &byte, 1) != 1)
		return log_errno(errno, "file %u: a pipe cannot be made readable for an epoll", item->file->id);
	error = add(epoll, item, item->record->events | EPOLL_CONDITIONS);
	*alone = *alone && (error < 0 || is_told_alone(epoll, item, 0));
	if (read(reader, &byte, 1) != 1)
		return log_errno(errno, "file %u: a pipe cannot be emptied again", item->file->id);
	return error;
}

static int add_timer(int epoll, struct epoll_item *item, bool *alone)
{
	uint64_t ticks = 1;
	int error;

	if (ioctl(item->file->fd, TFD_IOC_SET_TICKS, &ticks) < 0)
		return log_errno(errno, "file %u: a timer cannot be made readable for an epoll", item->file->id);
	error = add(epoll, item, item->record->events | EPOLL_CONDITIONS);
	*alone = *alone && (error < 0 || is_told_alone(epoll, item, 0));
	if (read(item->file->fd, &ticks, sizeof(ticks)) != sizeof(ticks))
		return log_errno(errno, "file %u: a timer cannot be made silent again", item->file->id);
	ticks--;
	if (ticks && ioctl(item->file->fd, TFD_IOC_SET_TICKS, &ticks) < 0)
		return log_errno(errno, "file %u: the ticks of a timer cannot be set", item->file->id);
	return error;
}

static int add_disabled(int epoll, struct epoll_item *item, bool *alone)
{
	FdTypes type = item->file->record->type;
	int error;

	if (ready_for(item, EPOLL_CONDITIONS)) {
		error = add(epoll, item, item->record->events | EPOLL_CONDITIONS);
		*alone = *alone && (error < 0 || is_told_alone(epoll, item, 0));
		return error;
	}
	if (type == FD_TYPES__PIPE || type == FD_TYPES__FIFO)
		return add_pipe(epoll, item, alone);
	if (type == FD_TYPES__TIMERFD)
		return add_timer(epoll, item, alone);
	log_warn("file %u (%s): is not ready for anything, so that it cannot be disabled in an epoll: its end would be "
		 "told though it was disabled",
		 item->file->id, item->file->kind->name);
	return 0;
}

/* --- all --- */

/* Who writes from outside may have done so since the dump. */
static bool knows_edges(const struct restore *restore, const struct epoll_item *item)
{
	return item->record->delivered && !restore->options->inherit_fds.nr;
}

static int add_silent_ones(const struct restore *restore, const struct task *task, int epoll,
			   struct epoll_item *items, size_t nr)
{
	bool alone = true;
	int error = 0;

	for (size_t i = 0; i < nr && !error; i++) {
		if (items[i].task != task || items[i].made)
			continue;
		if (epoll_is_disabled(items[i].record->events))
			error = add_disabled(epoll, &items[i], &alone);
		else if (knows_edges(restore, &items[i]))
			error = add_told(epoll, &items[i], &alone);
	}
	return error < 0 || alone ? error : tell_again(epoll, items, nr);
}

int epoll_register(const struct restore *restore, const struct task *task, int fd, struct epoll_item *items,
		   size_t nr)
{
	/* While only those that stay silent are there, an event is that of the one just added. */
	int error = task ? 0 : add_silent_ones(restore, task, fd, items, nr);

	for (size_t i = 0; i < nr && !error; i++)
		if (items[i].task == task && !items[i].made)
			error = add(fd, &items[i], items[i].record->events);
	return error;
}
