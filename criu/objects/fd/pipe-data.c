// SPDX-License-Identifier: GPL-2.0-only
/* Contents of pipes: duplicated by tee(), so that nobody in the tree notices. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "criu/image/file.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/pipe-internal.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"
#include "pipe-data.pb-c.h"

int pipe_make(uint32_t size, int ret_ends[2])
{
	int ends[2], now;

	if (size > INT32_MAX)
		return -EINVAL;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	now = fcntl(ends[0], F_GETPIPE_SZ);
	if (now < 0 || (size && (int)size != now && fcntl(ends[0], F_SETPIPE_SZ, size) < 0)) {
		int error = errno;

		close(ends[0]);
		close(ends[1]);
		return -error;
	}
	ret_ends[0] = ends[0];
	ret_ends[1] = ends[1];
	return 0;
}

/* --- dump --- */

/* A pipe of the same size that holds the same, and how much that is. */
static int duplicate_contents(int source, uint32_t size, int *ret_fd, uint32_t *ret_bytes)
{
	_cleanup_close_ int in = -EBADF, out = -EBADF;
	int waiting = 0, ends[2], ret;
	ssize_t copied;

	if (ioctl(source, FIONREAD, &waiting) < 0)
		return -errno;
	ret = pipe_make(size, ends);
	if (ret < 0)
		return ret;
	out = ends[0];
	in = ends[1];
	copied = waiting ? tee(source, in, INT32_MAX, SPLICE_F_NONBLOCK) : 0;
	if (copied < 0)
		return -errno;
	if (copied < waiting)
		return -EIO;
	*ret_fd = steal_fd(&out);
	*ret_bytes = (uint32_t)copied;
	return 0;
}

static int write_bytes(struct image_file *image, int fd, uint32_t left)
{
	char buffer[16384];

	while (left) {
		ssize_t got = read(fd, buffer, left < sizeof(buffer) ? left : sizeof(buffer));
		int ret;

		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		ret = image_write_bytes(image, buffer, (size_t)got);
		if (ret < 0)
			return ret;
		left -= (uint32_t)got;
	}
	return 0;
}

static int write_contents(struct image_file *image, uint32_t pipe_id, int source)
{
	PipeDataEntry record = PIPE_DATA_ENTRY__INIT;
	_cleanup_close_ int copy = -EBADF;
	int size = fcntl(source, F_GETPIPE_SZ), ret;

	if (size < 0)
		return -errno;
	ret = duplicate_contents(source, (uint32_t)size, &copy, &record.bytes);
	if (ret < 0)
		return ret;
	record.pipe_id = pipe_id;
	record.has_size = true;
	record.size = (uint32_t)size;
	ret = image_write_record(image, &record.base);
	return ret < 0 ? ret : write_bytes(image, copy, record.bytes);
}

static int dump_pipe(struct dump *dump, struct image_file *image, const struct fd_info *fd)
{
	struct pipe_dump *pipe = pipe_dump_state(dump, fd->stat.st_ino);
	_cleanup_close_ int source = -EBADF;
	int ret;

	if (pipe->data_done || pipe->external || !pipe->read_fd)
		return 0;
	pipe->data_done = true;
	ret = fd_duplicate(pipe->read_fd, &source);
	if (ret == 0)
		ret = write_contents(image, (uint32_t)fd->stat.st_ino, source);
	return ret < 0 ? log_errno(ret, "task %d: %s: cannot copy its contents", fd->task->pid,
				   fd_describe(dump, fd))
		       : 0;
}

int pipe_dump_contents(struct dump *dump)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	const struct task *task;
	int ret = image_create_list(dump->images, IMAGE_PIPES_DATA, 0, &image);

	if (ret < 0)
		return log_errno(ret, "cannot create 'pipes-data.img'");
	TAILQ_FOREACH(task, &dump->tasks, link)
		for (unsigned int i = 0; i < task->nr_fds && ret == 0; i++)
			if (task->fds[i].kind && task->fds[i].kind->type == FD_TYPES__PIPE)
				ret = dump_pipe(dump, image, &task->fds[i]);
	if (ret < 0)
		return ret;
	ret = image_close(steal_pointer(&image));
	return ret < 0 ? log_errno(ret, "cannot write 'pipes-data.img'") : 0;
}

/* --- restore --- */

static int take_contents(struct restore *restore, struct image_file *image, const PipeDataEntry *record)
{
	struct pipe_restore *pipe = pipe_restore_state(restore, record->pipe_id);
	void *data;

	if (pipe->has_data || record->bytes > image_bytes_left(image))
		return -EBADMSG;
	data = arena_alloc(&restore->arena, record->bytes);
	pipe->has_data = true;
	pipe->bytes = record->bytes;
	/* Old images do not say; a pipe is made with 16 pages then. */
	pipe->size = record->has_size ? record->size : record->bytes > 16 * PAGE_SIZE ? record->bytes : 0;
	pipe->data = data;
	return image_read_bytes(image, data, record->bytes);
}

int pipe_load_contents(struct restore *restore)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(restore->images, IMAGE_PIPES_DATA, 0, &image);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return log_errno(ret, "cannot open 'pipes-data.img'");
	for (;;) {
		_cleanup_message_ ProtobufCMessage *message = NULL;

		ret = image_read_record(image, NULL, &message);
		if (ret == 0)
			return 0;
		if (ret > 0)
			ret = take_contents(restore, image, (const PipeDataEntry *)message);
		if (ret < 0)
			return log_errno(ret, "cannot read '%s'", image_name(image));
	}
}
