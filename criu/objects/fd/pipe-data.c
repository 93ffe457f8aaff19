// SPDX-License-Identifier: GPL-2.0-only
/* Contents of pipes: duplicated by tee(), so that nobody in the tree notices. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "criu/image/file.h"
#include "criu/model/fd-walk.h"
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

void pipe_copy_close(struct pipe_copy *copy)
{
	for (int i = 0; copy->size && i < 2; i++)
		close(copy->ends[i]);
	copy->size = 0;
}

/* Pipes of one size follow each other; to make one takes longer than to fill it. */
static int resize(struct pipe_copy *copy, uint32_t size)
{
	int ret;

	if (copy->size == size)
		return 0;
	pipe_copy_close(copy);
	ret = pipe_make(size, copy->ends);
	if (ret == 0)
		copy->size = size;
	return ret;
}

/* Then @copy holds the same, which is so much. */
static int duplicate_contents(int source, uint32_t size, struct pipe_copy *copy, uint32_t *ret_bytes)
{
	int waiting = 0, ret;
	ssize_t copied;

	if (ioctl(source, FIONREAD, &waiting) < 0)
		return -errno;
	ret = resize(copy, size);
	if (ret < 0)
		return ret;
	copied = waiting ? tee(source, copy->ends[1], INT32_MAX, SPLICE_F_NONBLOCK) : 0;
	if (copied < 0)
		return -errno;
	*ret_bytes = (uint32_t)copied;
	return copied < waiting ? -EIO : 0;
}

/* All that @fd holds. *@ret_short: a read ended before it had to, as it does behind a packet. */
static int read_all(int fd, char *data, uint32_t bytes, bool *ret_short)
{
	uint32_t done = 0;

	*ret_short = false;
	while (done < bytes) {
		ssize_t got = read(fd, data + done, bytes - done);

		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		done += (uint32_t)got;
		*ret_short |= done < bytes;
	}
	return 0;
}

int pipe_write_contents(struct image_file *image, uint32_t pipe_id, int source, bool packets, struct pipe_copy *copy)
{
	PipeDataEntry record = PIPE_DATA_ENTRY__INIT;
	_cleanup_free_ char *data = NULL;
	uint32_t *segments = NULL;
	int size = fcntl(source, F_GETPIPE_SZ), ret;
	bool is_short;

	if (size < 0)
		return -errno;
	ret = duplicate_contents(source, (uint32_t)size, copy, &record.bytes);
	data = malloc(record.bytes + 1UL);
	if (ret < 0 || !data)
		return ret < 0 ? ret : -ENOMEM;
	ret = read_all(copy->ends[0], data, record.bytes, &is_short);
	if (ret == 0 && record.bytes && (packets || is_short))
		ret = pipe_find_segments(source, (uint32_t)size, &segments, &record.n_segments);
	if (ret < 0)
		return ret;
	record.pipe_id = pipe_id;
	record.has_size = true;
	record.size = (uint32_t)size;
	record.segments = segments;
	ret = image_write_record(image, &record.base);
	free(segments);
	return ret < 0 ? ret : image_write_bytes(image, data, record.bytes);
}

static int dump_pipe(struct dump *dump, struct image_file *image, const struct fd_info *fd, struct pipe_copy *copy)
{
	struct pipe_dump *pipe = pipe_dump_state(dump, fd->stat.st_ino);
	_cleanup_close_ int source = -EBADF;
	int ret;

	if (pipe->data_done || pipe->external || !pipe->read_fd)
		return 0;
	pipe->data_done = true;
	ret = fd_duplicate(pipe->read_fd, &source);
	if (ret == 0)
		ret = pipe_write_contents(image, (uint32_t)fd->stat.st_ino, source, pipe->packets, copy);
	return ret < 0 ? log_errno(ret, "task %d: %s: cannot copy its contents", fd->task->pid,
				   fd_describe(dump, fd))
		       : 0;
}

int pipe_dump_contents(struct dump *dump)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	_cleanup_(pipe_copy_close) struct pipe_copy copy = { .size = 0 };
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *fd;
	int ret = image_create_list(dump->images, IMAGE_PIPES_DATA, 0, &image);

	if (ret < 0)
		return log_errno(ret, "cannot create 'pipes-data.img'");
	while (ret == 0 && (fd = fd_walk_next(&walk)))
		if (fd->kind && fd->kind->type == FD_TYPES__PIPE)
			ret = dump_pipe(dump, image, fd, &copy);
	if (ret < 0)
		return ret;
	ret = image_close(steal_pointer(&image));
	return ret < 0 ? log_errno(ret, "cannot write 'pipes-data.img'") : 0;
}

/* --- restore --- */

static int take_contents(struct restore *restore, struct image_file *image, const PipeDataEntry *record,
			 struct pipe_contents *contents)
{
	uint64_t sum = 0;
	void *data;

	if (contents->has_data || record->bytes > image_bytes_left(image))
		return -EBADMSG;
	for (size_t i = 0; i < record->n_segments; i++) {
		sum += record->segments[i] / 2;
		if (!(record->segments[i] / 2) || (record->segments[i] & 1 && record->segments[i] / 2 > PAGE_SIZE))
			return -EBADMSG;
	}
	if (record->n_segments && sum != record->bytes)
		return -EBADMSG;
	data = arena_alloc(&restore->arena, record->bytes);
	contents->has_data = true;
	contents->bytes = record->bytes;
	/* Old images do not say; a pipe is made with 16 pages then. */
	contents->size = record->has_size ? record->size : record->bytes > 16 * PAGE_SIZE ? record->bytes : 0;
	contents->data = data;
	contents->nr_segments = record->n_segments;
	if (record->n_segments)
		contents->segments = arena_copy(&restore->arena, record->segments,
						record->n_segments * sizeof(*record->segments));
	return image_read_bytes(image, data, record->bytes);
}

int pipe_load_contents(struct restore *restore, enum image_kind kind,
		       struct pipe_contents *(*find)(struct restore *restore, uint32_t pipe_id))
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(restore->images, kind, 0, &image);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return log_errno(ret, "cannot open '%s'", image_type(kind)->file_name);
	for (;;) {
		_cleanup_message_ ProtobufCMessage *message = NULL;
		const PipeDataEntry *record;

		ret = image_read_record(image, NULL, &message);
		if (ret == 0)
			return 0;
		record = (const PipeDataEntry *)message;
		if (ret > 0)
			ret = take_contents(restore, image, record, find(restore, record->pipe_id));
		if (ret < 0)
			return log_errno(ret, "cannot read '%s'", image_name(image));
	}
}

static int write_all(int fd, const char *data, uint32_t bytes)
{
	uint32_t done = 0;

	while (done < bytes) {
		ssize_t put = write(fd, data + done, bytes - done);

		if (put < 0)
			return errno == EAGAIN ? -EFBIG : -errno;
		done += (uint32_t)put;
	}
	return 0;
}

/* More than fits would block for ever: not for us. */
int pipe_fill(const struct pipe_contents *contents, int fd)
{
	const char *data = contents->data;
	int flags = fcntl(fd, F_GETFL), ret = 0;

	if (flags < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	if (!contents->nr_segments)
		ret = write_all(fd, data, contents->bytes);
	for (size_t i = 0; i < contents->nr_segments && ret == 0; i++) {
		uint32_t length = contents->segments[i] / 2;

		if (fcntl(fd, F_SETFL, O_NONBLOCK | (contents->segments[i] & 1 ? O_DIRECT : 0)) < 0)
			return -errno;
		ret = write_all(fd, data, length);
		data += length;
	}
	if (ret == 0 && fcntl(fd, F_SETFL, flags) < 0)
		ret = -errno;
	return ret;
}
