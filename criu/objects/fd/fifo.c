// SPDX-License-Identifier: GPL-2.0-only
/* Named pipes. They are opened again by name, which joins those who have them open outside of the tree. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/image/file.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/pipe-internal.h"
#include "criu/objects/fd/regular.h"
#include "criu/objects/outside.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT)

extern const struct fd_kind fifo_kind;
static const char contents_key, id_key;

/* By inode. */
struct fifo_dump {
	uint32_t id;
	bool surveyed, data_done, shared;
};

/* By pipe_id: the inode at the dump. */
struct fifo_restore {
	struct pipe_contents contents;
	const RegFileEntry *path;
	unsigned int left, unmet_left; /* descriptions that are not open yet */
	bool shared;
	int anchor; /* keeps it open for both ways until all have it; -EBADF */
};

static bool fifo_matches(const struct fd_info *fd)
{
	return S_ISFIFO(fd->stat.st_mode) && fd->link[0] == '/' && !(fd->flags & O_PATH);
}

/* --- dump --- */

static struct fifo_dump *dump_state(struct dump *dump, const struct fd_info *fd)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &fifo_kind,
			      fd->stat.st_ino ^ (uint64_t)fd->stat.st_dev << 40, sizeof(struct fifo_dump), NULL);
}

/* The number of the inode, unless a fifo of another file system has the same one. */
static uint32_t fifo_id(struct dump *dump, const struct fd_info *fd)
{
	struct fifo_dump *fifo = dump_state(dump, fd), **owner;

	for (uint32_t id = (uint32_t)fd->stat.st_ino; !fifo->id; id++) {
		owner = kind_state_get(&dump->kind_state, &dump->arena, &id_key, id, sizeof(*owner), NULL);
		if (!*owner && id) {
			*owner = fifo;
			fifo->id = id;
		}
	}
	return fifo->id;
}

static int find_outsiders(struct dump *dump, const struct fd_info *fd, struct fifo_dump *fifo)
{
	const struct outside_fd *holder;
	ssize_t nr = outside_find_fds(dump, fd->link, &holder);

	if (nr <= 0)
		return (int)nr;
	fifo->shared = true;
	log_warn("task %d: %s is open outside of the tree, too, by process %d (%s), descriptor %d: what it holds stays "
		 "there, let that process live until the restore",
		 fd->task->pid, fd_describe(dump, fd), holder->pid, holder->comm, holder->fd);
	return 0;
}

static int fifo_survey(struct dump *dump, const struct fd_info *fd)
{
	struct fifo_dump *fifo = dump_state(dump, fd);
	int ret = regular_survey(dump, fd);

	if (ret == 0 && !fifo->surveyed)
		ret = find_outsiders(dump, fd, fifo);
	fifo->surveyed = true;
	return ret;
}

/* Opening it once more for reading disturbs nobody in the frozen tree, and nobody else has it. */
static int dump_contents(struct dump *dump, struct image_file *image, const struct fd_info *fd)
{
	_cleanup_(pipe_copy_close) struct pipe_copy copy = { .size = 0 };
	struct fifo_dump *fifo = dump_state(dump, fd);
	_cleanup_close_ int source = -EBADF;
	char link[32];
	int ret;

	if (fifo->data_done || fifo->shared)
		return 0;
	fifo->data_done = true;
	snprintf(link, sizeof(link), "fd/%d", fd->fd);
	source = openat(fd->task->proc_fd, link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ret = source < 0 ? -errno : pipe_write_contents(image, fifo_id(dump, fd), source, true, &copy);
	return ret < 0 ? log_errno(ret, "task %d: %s: cannot copy its contents", fd->task->pid,
				   fd_describe(dump, fd))
		       : 0;
}

static int dump_all_contents(struct dump *dump)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *fd;
	int ret = image_create_list(dump->images, IMAGE_FIFO_DATA, 0, &image);

	while (ret == 0 && (fd = fd_walk_next(&walk)))
		if (fd->kind == &fifo_kind)
			ret = dump_contents(dump, image, fd);
	if (ret == 0)
		ret = image_close(steal_pointer(&image));
	return ret < 0 ? log_errno(ret, "cannot write 'fifo-data.img'") : 0;
}

/* A reader is told of a hang-up only after a writer was there (kernel: fs/pipe.c, fifo_open). */
static int is_unmet(const struct fd_info *fd, bool *ret_unmet)
{
	_cleanup_close_ int duplicate = -EBADF;
	struct pollfd poller = { .events = POLLIN };
	int ret = fd_duplicate(fd, &duplicate);

	*ret_unmet = false;
	if (ret < 0 || (fd->flags & O_ACCMODE) != O_RDONLY)
		return ret;
	poller.fd = duplicate;
	if (poll(&poller, 1, 0) < 0)
		return -errno;
	*ret_unmet = !(poller.revents & POLLHUP);
	return 0;
}

static bool has_writer(const struct dump *dump, const struct stat *fifo)
{
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *fd;

	while ((fd = fd_walk_next(&walk)))
		if (fd->kind == &fifo_kind && (fd->flags & O_ACCMODE) != O_RDONLY &&
		    fd->stat.st_ino == fifo->st_ino && fd->stat.st_dev == fifo->st_dev)
			return true;
	return false;
}

/* The path is a file of its own. */
static int write_path(struct dump *dump, const struct fd_info *fd, uint32_t *ret_id)
{
	FileEntry record = FILE_ENTRY__INIT;
	int ret;

	record.type = FD_TYPES__REG;
	record.id = *ret_id = dump_new_file_id(dump);
	ret = regular_dump(dump, fd, &record);
	return ret < 0 ? ret : dump_write_file(dump, &record);
}

static int fifo_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	FifoEntry *fifo = arena_new(&dump->arena, FifoEntry);
	bool is_new, unmet;
	int ret;

	kind_state_get(&dump->kind_state, &dump->arena, &contents_key, 0, 1, &is_new);
	ret = is_unmet(fd, &unmet);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	ret = is_new ? dump_all_contents(dump) : 0;
	if (ret < 0)
		return ret;
	fifo_entry__init(fifo);
	fifo->id = record->id;
	fifo->pipe_id = fifo_id(dump, fd);
	fifo->has_unmet = fifo->unmet = unmet && !has_writer(dump, &fd->stat);
	fifo->has_shared = fifo->shared = dump_state(dump, fd)->shared;
	fifo->has_regf_id = true;
	record->fifo = fifo;
	return write_path(dump, fd, &fifo->regf_id);
}

/* --- restore --- */

static struct fifo_restore *restore_state(struct restore *restore, uint32_t pipe_id)
{
	struct fifo_restore *fifo;
	bool is_new;

	fifo = kind_state_get(&restore->kind_state, &restore->arena, &fifo_kind, pipe_id, sizeof(*fifo), &is_new);
	if (is_new)
		fifo->anchor = -EBADF;
	return fifo;
}

static struct pipe_contents *find_contents(struct restore *restore, uint32_t pipe_id)
{
	return &restore_state(restore, pipe_id)->contents;
}

static const RegFileEntry *path_of(const struct restore *restore, const FifoEntry *record)
{
	const struct file *file = restore_find_file(restore, record->has_regf_id ? record->regf_id : 0);

	return file ? file->record->reg : NULL;
}

static int fifo_load(struct restore *restore, struct file *file)
{
	const FifoEntry *record = file->record->fifo;
	const RegFileEntry *path = record ? path_of(restore, record) : NULL;
	struct fifo_restore *fifo;
	bool is_new;
	int ret;

	if (!path || !path->name[0] || path->flags & O_PATH || (path->flags & O_ACCMODE) == O_ACCMODE)
		return log_fail(-EBADMSG, "files.img: file %u is no proper fifo", file->id);
	kind_state_get(&restore->kind_state, &restore->arena, &contents_key, 0, 1, &is_new);
	ret = is_new ? pipe_load_contents(restore, IMAGE_FIFO_DATA, find_contents) : 0;
	if (ret < 0)
		return ret;
	fifo = file->object = restore_state(restore, record->pipe_id);
	if (fifo->path && strcmp(fifo->path->name, path->name) != 0)
		log_info("fifo '%s' is open as '%s', too", fifo->path->name, path->name);
	fifo->path = path;
	fifo->shared |= record->shared;
	fifo->left++;
	fifo->unmet_left += record->unmet;
	return regular_load_record(restore, path);
}

static int set_size(const struct fifo_restore *fifo, int fd)
{
	uint32_t size = fifo->contents.size;

	if (!size || size > INT32_MAX || fcntl(fd, F_GETPIPE_SZ) == (int)size)
		return 0;
	if (fcntl(fd, F_SETPIPE_SZ, size) >= 0)
		return 0;
	return log_errno(errno, "fifo '%s': its size of %u bytes cannot be set; is fs.pipe-max-size too small?",
			 fifo->path->name, size);
}

/* What is there already was left by somebody outside of the tree. */
static int fill_anchor(const struct fifo_restore *fifo)
{
	int waiting = 0, ret;

	if (fifo->shared || !fifo->contents.has_data)
		return 0;
	if (ioctl(fifo->anchor, FIONREAD, &waiting) < 0)
		return -errno;
	if (waiting)
		return -EBUSY;
	ret = set_size(fifo, fifo->anchor);
	return ret < 0 ? ret : pipe_fill(&fifo->contents, fifo->anchor);
}

static int open_anchor(struct restore *restore, struct fifo_restore *fifo)
{
	const char *name = fifo->path->name;
	struct stat st;
	int fd, ret = regular_open_record(restore, fifo->path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, &fd);

	if (ret == 0)
		ret = fifo->anchor = restore_service_fd(restore, fd);
	if (ret < 0)
		return log_errno(ret, "fifo '%s': cannot be opened", name);
	if (fstat(fifo->anchor, &st) < 0 || !S_ISFIFO(st.st_mode))
		return log_fail(-ESTALE, "fifo '%s': it is no fifo any more", name);
	ret = fill_anchor(fifo);
	if (ret == -EBUSY)
		return log_fail(ret, "fifo '%s': somebody else has written to it since the dump; have that read first",
				name);
	return ret < 0 ? log_errno(ret, "fifo '%s': cannot be given its contents (%u bytes)", name,
				   fifo->contents.bytes)
		       : 0;
}

/* Nobody waits for the other end: the anchor is both. */
static int open_end(struct restore *restore, const RegFileEntry *path, int *ret_fd)
{
	_cleanup_close_ int fd = -EBADF;
	int ret = -EBADMSG;

	if (path)
		ret = regular_open_record(
			restore, path, (int)(path->flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, &fd);
	if (path && ret == 0 && fcntl(fd, F_SETFL, path->flags & SETTABLE_FLAGS) < 0)
		ret = -errno;
	if (ret < 0)
		return log_errno(ret, "fifo '%s': cannot be opened with flags 0%o", path ? path->name : "?",
				 path ? path->flags : 0);
	*ret_fd = steal_fd(&fd);
	return 0;
}

/* All have it, and keep what it holds. Readers only, which met no writer: bytes may have been there before them. */
static int finish(struct restore *restore, struct fifo_restore *fifo, int fd)
{
	int ret = fifo->anchor < 0 && !fifo->shared ? set_size(fifo, fd) : 0;

	if (ret == 0 && fifo->anchor < 0 && fifo->contents.bytes)
		ret = open_anchor(restore, fifo);
	if (fifo->anchor >= 0)
		close(steal_fd(&fifo->anchor));
	return ret;
}

static int fifo_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const FifoEntry *record = file->record->fifo;
	struct fifo_restore *fifo = file->object;
	int ret = 0;

	if (!record->unmet && fifo->unmet_left)
		return -EAGAIN;
	if (!record->unmet && fifo->anchor < 0)
		ret = open_anchor(restore, fifo);
	if (ret == 0)
		ret = open_end(restore, path_of(restore, record), ret_fd);
	if (ret < 0)
		return ret;
	fifo->unmet_left -= record->unmet;
	if (!--fifo->left)
		ret = finish(restore, fifo, *ret_fd);
	return ret;
}

static int fifo_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	const RegFileEntry *path = path_of(restore, file->record->fifo);

	return path ? fd_owner_restore(task, fd, path->fown, path->flags) : -EBADMSG;
}

const struct fd_kind fifo_kind = {
	.name = "fifo",
	.type = FD_TYPES__FIFO,
	.matches = fifo_matches,
	.survey = fifo_survey,
	.dump = fifo_dump,
	.load = fifo_load,
	.open = fifo_open,
	.attach = fifo_attach,
};
