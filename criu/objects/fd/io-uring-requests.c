// SPDX-License-Identifier: GPL-2.0-only
/* Requests of an io_uring that are in flight are given time to end. Their completions may have to be put into the ring by
 * the thread that asked: each thread is sent into the kernel again and again, through the parasite. What those know that
 * answer to one thread only is asked here, too. */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/io-uring.h"
#include "criu/objects/fd/owner.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/clock.h"
#include "criu/util/log.h"

extern const struct fd_kind io_uring_kind;

#define USEC 1000000ULL
#define LOOK_NSEC 1000000L

static int send_threads(struct task *task, const struct fd_info *fd, uint64_t room)
{
	struct parasite_io_uring question = { .fd = fd->fd };
	int error = compel_write(task->compel, compel_data_address(task->compel) + room, &question,
				 sizeof(question));

	for (unsigned int i = 0; !error && i < task->nr_threads; i++) {
		long value;

		/* -EEXIST of those who are not the one; whatever it is, the ring shows what has come of it. */
		if (!task->threads[i].dead)
			error = compel_call(task->threads[i].compel, PARASITE_IO_URING, room, &value);
	}
	return error < 0 ? log_fail(error, "task %d: parasite: %s", task->pid, compel_last_error()) : 0;
}

static int settle(struct dump *dump, struct task *task, const struct fd_info *fd, uint64_t room)
{
	uint64_t deadline = clock_usec() + dump->options->timeout * USEC;
	const struct timespec pause = { .tv_nsec = LOOK_NSEC };
	_cleanup_close_ int own = -EBADF;
	struct ring_info info;
	int error = fd_duplicate(fd, &own);

	if (!error)
		error = ring_read_info(own, &info);
	while (!error && !ring_is_idle(&info) && clock_usec() < deadline) {
		error = send_threads(task, fd, room);
		nanosleep(&pause, NULL);
		if (!error)
			error = ring_read_info(own, &info);
	}
	return error < 0 && error != -EBUSY ? log_errno(error, "task %d: io_uring %d", task->pid, fd->fd) : 0;
}

static int io_uring_requests_ask(struct dump *dump, struct task *task, uint64_t room)
{
	struct fd_walk walk = fd_walk_task(task);
	const struct fd_info *fd;
	int error = 0;

	while (!error && (fd = fd_walk_next(&walk)))
		if (fd->kind == &io_uring_kind)
			error = settle(dump, task, fd, room);
	return error;
}

const struct task_kind io_uring_requests_kind = {
	.name = "io-uring-requests",
	.ask = io_uring_requests_ask,
};
