// SPDX-License-Identifier: GPL-2.0-only
/* Pipes: made once for all descriptions of both ends. A pipe that somebody outside of the tree holds as well is
 * given to the restore by its caller. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/model/fd-walk.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/pipe-internal.h"
#include "criu/objects/inherit.h"
#include "criu/objects/kinds.h"
#include "criu/objects/outside.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT)
#ifndef IOC_WATCH_QUEUE_SET_SIZE
#define IOC_WATCH_QUEUE_SET_SIZE _IO(0x57, 0x60) /* <linux/watch_queue.h> and <fcntl.h> do not go together */
#endif

extern const struct fd_kind pipe_kind;
static const char scan_key, size_key, contents_key;

static bool pipe_matches(const struct fd_info *fd)
{
	return S_ISFIFO(fd->stat.st_mode) && strncmp(fd->link, "pipe:[", 6) == 0;
}

/* --- dump --- */

struct pipe_dump *pipe_dump_state(struct dump *dump, uint64_t inode)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &pipe_kind, inode, sizeof(struct pipe_dump), NULL);
}

/* True the first time. */
static bool is_first_time(struct dump *dump, const void *key)
{
	bool is_new;

	kind_state_get(&dump->kind_state, &dump->arena, key, 0, 1, &is_new);
	return is_new;
}

static void note_end(struct dump *dump, const struct fd_info *fd)
{
	struct pipe_dump *pipe = pipe_dump_state(dump, fd->stat.st_ino);
	uint32_t access = fd->flags & O_ACCMODE;

	pipe->packets |= (fd->flags & O_DIRECT) != 0;
	if (access != O_WRONLY && !pipe->read_fd)
		pipe->read_fd = fd;
	if (access != O_RDONLY && !pipe->write_fd)
		pipe->write_fd = fd;
}

static void find_ends(struct dump *dump)
{
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *fd;

	while ((fd = fd_walk_next(&walk)))
		if (fd->kind == &pipe_kind)
			note_end(dump, fd);
}

static int survey_holder(struct dump *dump, const struct fd_info *fd, struct pipe_dump *pipe)
{
	const struct outside_fd *holder;
	ssize_t nr;

	pipe->external = dump_find_external(dump, fd->link) >= 0;
	if (pipe->external || (pipe->read_fd && pipe->write_fd))
		return 0;
	nr = outside_find_fds(dump, fd->link, &holder);
	if (nr <= 0)
		return (int)nr;
	pipe->external = true;
	pipe->holder = holder;
	log_warn("task %d: %s is held outside of the tree by process %d (%s), descriptor %d: what it holds stays "
		 "there, and the restore needs --inherit-fd 'fd[N]:%s'",
		 fd->task->pid, fd_describe(dump, fd), holder->pid, holder->comm, holder->fd, fd->link);
	return 0;
}

/* A pipe larger than we may make can neither be read without consuming nor made again. */
static int survey_size(struct dump *dump, const struct fd_info *fd, int size)
{
	int *possible = kind_state_get(&dump->kind_state, &dump->arena, &size_key, 0, sizeof(*possible), NULL);
	int ends[2], ret;

	if (size <= *possible)
		return 0;
	ret = pipe_make((uint32_t)size, ends);
	if (ret == -EPERM) {
		dump_refuse(dump, fd->task,
			    "%s: its size of %d bytes is above the limit of this machine; raise "
			    "fs.pipe-max-size",
			    fd_describe(dump, fd), size);
		return 0;
	}
	if (ret < 0)
		return log_errno(ret, "cannot make a pipe of %d bytes", size);
	*possible = size;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

/* A pipe that the kernel fills with its notifications (pipe2(2), O_NOTIFICATION_PIPE) shows by what it says about a
 * number of them that is not possible (kernel: kernel/watch_queue.c); others have no such call (ENODEV, ENOTTY). */
static void survey_notifications(struct dump *dump, const struct fd_info *fd, int duplicate)
{
	if (ioctl(duplicate, IOC_WATCH_QUEUE_SET_SIZE, 0) < 0 && (errno == EBUSY || errno == EINVAL))
		dump_refuse(dump, fd->task,
			    "%s: the kernel writes notifications into this pipe (O_NOTIFICATION_PIPE), and does not tell "
			    "which; close it before the dump",
			    fd_describe(dump, fd));
}

/* What the pipe tells itself. *@ret_size: what it has room for. */
static int ask_pipe(struct dump *dump, const struct fd_info *fd, int *ret_size)
{
	_cleanup_close_ int duplicate = -EBADF;
	int ret = fd_duplicate(fd, &duplicate);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be duplicated", fd->task->pid, fd_describe(dump, fd));
	survey_notifications(dump, fd, duplicate);
	*ret_size = fcntl(duplicate, F_GETPIPE_SZ);
	return *ret_size < 0 ? log_errno(errno, "task %d: %s: cannot read its size", fd->task->pid,
					 fd_describe(dump, fd))
			     : 0;
}

static int survey_pipe(struct dump *dump, const struct fd_info *fd, struct pipe_dump *pipe)
{
	int size = 0, ret = ask_pipe(dump, fd, &size);

	/* Who looks for holders must not be one. */
	if (ret == 0)
		ret = survey_holder(dump, fd, pipe);
	return ret == 0 && !pipe->external ? survey_size(dump, fd, size) : ret;
}

static int pipe_survey(struct dump *dump, const struct fd_info *fd)
{
	struct pipe_dump *pipe;
	int ret = 0;

	if (is_first_time(dump, &scan_key))
		find_ends(dump);
	pipe = pipe_dump_state(dump, fd->stat.st_ino);
	if (!pipe->surveyed) {
		pipe->surveyed = true;
		ret = survey_pipe(dump, fd, pipe);
	}
	return ret < 0 ? ret : fd_owner_survey(dump, fd);
}

static void record_holder(const struct outside_fd *holder, PipeEntry *record)
{
	record->has_holder = record->has_fd = true;
	record->holder = (uint32_t)holder->pid;
	record->comm = (char *)holder->comm;
	record->fd = (uint32_t)holder->fd;
}

static int pipe_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	PipeEntry *pipe = arena_new(&dump->arena, PipeEntry);
	int ret = is_first_time(dump, &contents_key) ? pipe_dump_contents(dump) : 0;

	if (ret < 0)
		return ret;
	pipe_entry__init(pipe);
	pipe->id = record->id;
	pipe->pipe_id = (uint32_t)fd->stat.st_ino;
	pipe->flags = fd->flags;
	pipe->fown = fd_owner_dump(dump, fd);
	pipe->external = pipe_dump_state(dump, fd->stat.st_ino)->external;
	pipe->has_external = pipe->external;
	if (pipe_dump_state(dump, fd->stat.st_ino)->holder)
		record_holder(pipe_dump_state(dump, fd->stat.st_ino)->holder, pipe);
	pipe->has_uid = pipe->has_gid = pipe->has_mode = true;
	pipe->uid = fd->stat.st_uid;
	pipe->gid = fd->stat.st_gid;
	pipe->mode = fd->stat.st_mode & 07777;
	record->pipe = pipe;
	return 0;
}

/* --- restore --- */

struct pipe_restore *pipe_restore_state(struct restore *restore, uint32_t pipe_id)
{
	struct pipe_restore *pipe;
	bool is_new;

	pipe = kind_state_get(&restore->kind_state, &restore->arena, &pipe_kind, pipe_id, sizeof(*pipe), &is_new);
	if (is_new)
		pipe->ends[0] = pipe->ends[1] = -EBADF;
	return pipe;
}

static void format_key(char key[32], const PipeEntry *record)
{
	snprintf(key, 32, "pipe:[%" PRIu32 "]", record->pipe_id);
}

static struct pipe_contents *find_contents(struct restore *restore, uint32_t pipe_id)
{
	return &pipe_restore_state(restore, pipe_id)->contents;
}

/* Tells of the first one that has the pipe what the dump knew. */
static void refuse_external(struct restore *restore, const struct file *file, const char *key)
{
	const PipeEntry *record = file->record->pipe;
	struct fd_walk walk = fd_walk_all(&restore->tasks);
	const struct fd_info *fd;
	const char *holder = "";

	while ((fd = fd_walk_next(&walk)) && fd->file_id != file->id)
		;
	if (record->has_holder)
		holder = arena_printf(&restore->arena, " by process %u (%s), descriptor %u,", record->holder,
				      record->comm ? record->comm : "?", record->fd);
	restore_refuse(restore, fd ? fd->task : NULL,
		       "descriptor %d ('%s'): at the dump it was held%s outside of the tree as well; give such a pipe by "
		       "--inherit-fd 'fd[N]:%s'",
		       fd ? fd->fd : -1, key, holder, key);
}

static int pipe_load(struct restore *restore, struct file *file)
{
	const PipeEntry *record = file->record->pipe;
	struct pipe_restore *pipe;
	bool is_new;
	char key[32];
	int ret;

	if (!record || (record->flags & O_ACCMODE) == O_ACCMODE)
		return log_fail(-EBADMSG, "files.img: file %u is no proper pipe", file->id);
	kind_state_get(&restore->kind_state, &restore->arena, &contents_key, 0, 1, &is_new);
	ret = is_new ? pipe_load_contents(restore, IMAGE_PIPES_DATA, find_contents) : 0;
	if (ret < 0)
		return ret;
	pipe = file->object = pipe_restore_state(restore, record->pipe_id);
	pipe->left++;
	if ((record->flags & O_ACCMODE) != O_RDWR)
		pipe->end_wanted[(record->flags & O_ACCMODE) == O_WRONLY] = true;
	format_key(key, record);
	if (record->external && !pipe->refused && !restore_is_inherited(restore, key)) {
		pipe->refused = true;
		refuse_external(restore, file, key);
	}
	return 0;
}

static int set_inode(const PipeEntry *record, int fd)
{
	if (record->has_uid && record->has_gid && fchown(fd, record->uid, record->gid) < 0)
		return -errno;
	if (record->has_mode && fchmod(fd, record->mode & 0777) < 0)
		return -errno;
	return 0;
}

/* An end which no description is going to take must be gone before the tasks run: readers are to see the end of
 * the file. One is needed until then if there are only descriptions for both ways. */
static void close_unwanted(struct pipe_restore *pipe)
{
	for (int i = 0; i < 2; i++)
		if (pipe->ends[i] >= 0 && !pipe->end_wanted[i] && (pipe->end_wanted[!i] || !pipe->left))
			close(steal_fd(&pipe->ends[i]));
}

static int make_pipe(struct restore *restore, const PipeEntry *record, struct pipe_restore *pipe)
{
	int ret = pipe_make(pipe->contents.size, pipe->ends);

	if (ret == -EPERM)
		return log_fail(ret,
				"pipe:[%u]: its size of %u bytes is above the limit of this machine; raise "
				"fs.pipe-max-size",
				record->pipe_id, pipe->contents.size);
	if (ret < 0)
		return log_errno(ret, "pipe:[%u]: cannot be made with a size of %u bytes", record->pipe_id,
				 pipe->contents.size);
	pipe->made = true;
	ret = pipe_fill(&pipe->contents, pipe->ends[1]);
	if (ret == 0)
		ret = set_inode(record, pipe->ends[0]);
	for (int i = 0; i < 2 && ret == 0; i++) {
		pipe->ends[i] = restore_service_fd(restore, pipe->ends[i]);
		ret = pipe->ends[i] < 0 ? pipe->ends[i] : 0;
	}
	return ret < 0 ? log_errno(ret, "pipe:[%u]: cannot be given its contents (%u bytes)", record->pipe_id,
				   pipe->contents.bytes)
		       : 0;
}

/* The first description of an end is the end itself, the others are opened through it. */
static int take_end(struct pipe_restore *pipe, uint32_t flags)
{
	uint32_t access = flags & O_ACCMODE;
	char path[32];
	int fd, anchor;

	if (access != O_RDWR && pipe->ends[access == O_WRONLY] >= 0) {
		fd = steal_fd(&pipe->ends[access == O_WRONLY]);
	} else {
		anchor = pipe->first ? pipe->first->fd : pipe->ends[pipe->ends[0] < 0];
		snprintf(path, sizeof(path), "/proc/self/fd/%d", anchor);
		fd = open(path, (int)access | O_CLOEXEC);
	}
	if (fd >= 0 && flags & SETTABLE_FLAGS && fcntl(fd, F_SETFL, flags & SETTABLE_FLAGS) < 0) {
		int error = errno;

		close(fd);
		return -error;
	}
	return fd < 0 ? -errno : fd;
}

static int pipe_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const PipeEntry *record = file->record->pipe;
	struct pipe_restore *pipe = file->object;
	int fd, ret = 0;
	char key[32];

	format_key(key, record);
	if (restore_is_inherited(restore, key)) {
		ret = restore_reopen_inherited(restore, key,
					       (int)(record->flags & (O_ACCMODE | SETTABLE_FLAGS)), ret_fd);
		return ret < 0 ? log_errno(ret, "%s: the inherited descriptor cannot be opened again", key) : 0;
	}
	if (!pipe->made)
		ret = make_pipe(restore, record, pipe);
	if (ret < 0)
		return ret;
	fd = take_end(pipe, record->flags);
	if (fd < 0)
		return log_errno(fd, "%s: cannot be opened once more", key);
	if (!pipe->first)
		pipe->first = file;
	pipe->left--;
	close_unwanted(pipe);
	*ret_fd = fd;
	return 0;
}

static int pipe_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	return fd_owner_restore(task, fd, file->record->pipe->fown, file->record->pipe->flags);
}

const struct fd_kind pipe_kind = {
	.name = "pipe",
	.type = FD_TYPES__PIPE,
	.matches = pipe_matches,
	.survey = pipe_survey,
	.dump = pipe_dump,
	.load = pipe_load,
	.open = pipe_open,
	.attach = pipe_attach,
};
