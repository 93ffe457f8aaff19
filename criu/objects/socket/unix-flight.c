// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors in flight: in the queue of a unix socket, and perhaps in no table at all. They come to us when the queues
 * are read, and are files of the dump like those of the tables; among them may be sockets with queues of their own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/kernel/proc/link.h"
#include "criu/kernel/proc/open.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/socket.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static const char room_key, collect_key, state_key;

struct collecting {
	int (*collect)(struct dump *dump, struct fd_info *fd);
	int self; /* O_PATH of our own /proc */
};

static struct collecting *collecting_of(struct dump *dump)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &collect_key, 0, sizeof(struct collecting), NULL);
}

/* The task which has the socket, as we see its descriptor: through our own table. */
static struct task *view_of(struct dump *dump, const struct fd_info *from)
{
	struct task *view = arena_copy(&dump->arena, from->task, sizeof(*view));

	view->pid = getpid();
	view->compel = NULL;
	view->proc_fd = collecting_of(dump)->self;
	view->shown_as = from->task->shown_as ? from->task->shown_as : from->task;
	view->nr_threads = 0;
	view->fds = NULL;
	view->nr_fds = 0;
	return view;
}

static struct fd_info *new_place(struct dump *dump)
{
	size_t *room = kind_state_get(&dump->kind_state, &dump->arena, &room_key, 0, sizeof(*room), NULL);
	struct task *flight = dump->flight;

	if (flight->nr_fds == *room) {
		struct fd_info *larger;

		*room = *room ? 2 * *room : 16;
		larger = arena_array(&dump->arena, struct fd_info, *room);
		if (flight->nr_fds)
			memcpy(larger, flight->fds, flight->nr_fds * sizeof(*larger));
		flight->fds = larger;
	}
	return &flight->fds[flight->nr_fds++];
}

/* Returns its place in dump->flight, or -errno, logged. */
static int take_fd(struct dump *dump, const struct fd_info *from, int fd)
{
	_cleanup_free_ char *target = NULL;
	struct fd_info info = { .fd = fd, .in_flight = from->link };
	char name[32];
	int ret;

	if (!dump->flight) {
		dump->flight = view_of(dump, from);
		dump->flight->threads = NULL;
	}
	info.task = view_of(dump, from);
	snprintf(name, sizeof(name), "fd/%d", fd);
	ret = proc_read_link(info.task->proc_fd, name, &target);
	if (ret < 0)
		return log_errno(ret, "%s: a descriptor in flight has no name", from->link);
	info.link = arena_strdup(&dump->arena, target);
	ret = collecting_of(dump)->collect(dump, &info);
	if (ret < 0)
		return ret;
	*new_place(dump) = info;
	return (int)dump->flight->nr_fds - 1;
}

struct unix_dump *unix_dump_state(struct dump *dump, uint64_t inode)
{
	struct unix_dump *state;
	bool is_new;

	state = kind_state_get(&dump->kind_state, &dump->arena, &state_key, inode, sizeof(*state), &is_new);
	if (is_new)
		STAILQ_INIT(&state->messages);
	return state;
}

struct unix_dump *unix_dump_find(struct dump *dump, uint64_t inode)
{
	return kind_state_find(&dump->kind_state, &state_key, inode);
}

const struct fd_info *unix_dump_fd(const struct dump *dump, const struct unix_dump *state)
{
	return state->place ? &dump->flight->fds[state->place - 1] : state->fd;
}

static int read_queue(struct dump *dump, const struct fd_info *fd, unsigned int place)
{
	struct unix_dump *state = unix_dump_state(dump, fd->stat.st_ino);

	if (state->fd)
		return 0;
	/* Those in flight move as they become more. */
	state->place = place;
	state->fd = fd->in_flight ? arena_copy(&dump->arena, fd, sizeof(*fd)) : fd;
	return unix_peek(dump, state->fd, &state->messages, take_fd);
}

int fd_collect_in_flight(struct dump *dump, int (*collect)(struct dump *dump, struct fd_info *fd))
{
	struct fd_walk walk = fd_walk_all(&dump->tasks);
	struct collecting *collecting = collecting_of(dump);
	const struct fd_info *fd;
	int ret = 0;

	collecting->collect = collect;
	collecting->self = proc_open_task(getpid());
	if (collecting->self < 0)
		return log_errno(collecting->self, "our own /proc cannot be opened");
	while (ret == 0 && (fd = fd_walk_next(&walk)))
		if (socket_is_of(fd, AF_UNIX, -1))
			ret = read_queue(dump, fd, 0);
	for (unsigned int i = 0; ret == 0 && dump->flight && i < dump->flight->nr_fds; i++)
		if (socket_is_of(&dump->flight->fds[i], AF_UNIX, -1))
			ret = read_queue(dump, &dump->flight->fds[i], i + 1);
	return ret;
}
