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

/* Sends each thread into the kernel; of those that the ring answers to, @question is the answer. */
static int send_threads(struct task *task, struct parasite_io_uring *question, uint64_t room, bool *ret_answered)
{
	uint64_t address = compel_data_address(task->compel) + room;
	int error = 0;

	for (unsigned int i = 0; !error && !*ret_answered && i < task->nr_threads; i++) {
		long value;

		if (task->threads[i].dead)
			continue;
		error = compel_write(task->compel, address, question, sizeof(*question));
		if (!error)
			error = compel_call(task->threads[i].compel, PARASITE_IO_URING, room, &value);
		if (!error)
			error = compel_read(task->compel, address, question, sizeof(*question));
		*ret_answered = question->ask && question->eventfd != -EEXIST;
	}
	return error < 0 ? log_fail(error, "task %d: parasite: %s", task->pid, compel_last_error()) : 0;
}

/* What the survey would have refused, had the ring answered. */
static int ask_single(struct dump *dump, struct task *task, const struct fd_info *fd, uint64_t room)
{
	struct ring_dump *ring = ring_find(dump, fd, NULL);
	struct parasite_io_uring question = { .fd = fd->fd, .ask = true };
	const char *wrong;
	int error;

	if (!ring->single || ring->answered)
		return 0;
	error = send_threads(task, &question, room, &ring->answered);
	if (error < 0 || !ring->answered)
		return error;
	wrong = ring_wrong_answer(&question);
	return wrong ? log_fail(-ENOTSUP, "task %d: %s: io_uring: %s", task->pid, fd_describe(dump, fd), wrong)
		     : 0;
}

static int settle(struct dump *dump, struct task *task, const struct fd_info *fd, uint64_t room)
{
	uint64_t deadline = clock_usec() + dump->options->timeout * USEC;
	struct parasite_io_uring question = { .fd = fd->fd };
	const struct timespec pause = { .tv_nsec = LOOK_NSEC };
	_cleanup_close_ int own = -EBADF;
	bool answered = false;
	struct ring_info info;
	int error = fd_duplicate(fd, &own);

	if (!error)
		error = ring_read_info(own, &info);
	while (!error && !ring_is_idle(dump, own, &info) && clock_usec() < deadline) {
		error = send_threads(task, &question, room, &answered);
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
		if (fd->kind == &io_uring_kind) {
			error = ask_single(dump, task, fd, room);
			if (!error)
				error = settle(dump, task, fd, room);
		}
	return error;
}

const struct task_kind io_uring_requests_kind = {
	.name = "io-uring-requests",
	.ask = io_uring_requests_ask,
};
