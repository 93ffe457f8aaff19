// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of memfds. The object behind them, with contents and seals, is kept by shared-memory.c. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/memory/shared-memory.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define DELETED " (deleted)"

/* Flags that opening again can give; the kernel adds O_LARGEFILE. */
#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT)
#define UNSETTABLE_FLAGS (O_DSYNC | O_SYNC | O_PATH)
#define KNOWN_FLAGS (O_ACCMODE | SETTABLE_FLAGS | UNSETTABLE_FLAGS | O_ASYNC | 0100000)

/* A file named so in "/" has a name left. */
static bool memfd_matches(const struct fd_info *fd)
{
	return S_ISREG(fd->stat.st_mode) && !fd->stat.st_nlink &&
	       !strncmp(fd->link, MEMFD_PREFIX, strlen(MEMFD_PREFIX));
}

static const char *name_of(struct arena *arena, const struct fd_info *fd)
{
	char *name = arena_strdup(arena, fd->link + strlen(MEMFD_PREFIX));
	size_t length = strlen(name);

	if (length >= strlen(DELETED) && !strcmp(name + length - strlen(DELETED), DELETED))
		name[length - strlen(DELETED)] = '\0';
	return name;
}

static int find_object(struct dump *dump, const struct fd_info *fd, struct shared_memory **ret_object)
{
	char link[32];

	snprintf(link, sizeof(link), "fd/%d", fd->fd);
	return shared_memory_find(dump, fd->task, link, name_of(&dump->arena, fd), ret_object);
}

static int memfd_survey(struct dump *dump, const struct fd_info *fd)
{
	struct shared_memory *object;
	int error = find_object(dump, fd, &object);

	if (error < 0)
		return error;
	return fd_owner_survey(dump, fd);
}

static int memfd_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	MemfdFileEntry *memfd = arena_new(&dump->arena, MemfdFileEntry);
	struct shared_memory *object;
	int error = find_object(dump, fd, &object);

	if (error < 0)
		return error;
	memfd_file_entry__init(memfd);
	memfd->id = record->id;
	memfd->flags = fd->flags;
	memfd->pos = fd->pos;
	memfd->fown = fd_owner_dump(dump, fd);
	memfd->inode_id = object->inode_id;
	record->memfd = memfd;
	return 0;
}

static int memfd_load(struct restore *restore, struct file *file)
{
	const MemfdFileEntry *record = file->record->memfd;

	if (!record)
		return log_fail(-EBADMSG, "files.img: file %u is no memfd", file->id);
	if (record->flags & ~(uint32_t)KNOWN_FLAGS || record->pos > INT64_MAX)
		return log_fail(-EBADMSG, "files.img: memfd %u: impossible flags or offset", file->id);
	if (!shared_memory_by_inode(restore, record->inode_id))
		return log_fail(-EBADMSG, "files.img: memfd %u: memfd.img has no object %u", file->id,
				record->inode_id);
	return 0;
}

/* The description which made the object can be written, and yet does not count as a writer: others may execute it
 * (execve(2), ETXTBSY). Any that is opened later does. */
static int take_maker(struct shared_memory *object, uint32_t flags)
{
	int fd;

	if (object->inherited || object->is_taken || (flags & O_ACCMODE) != O_RDWR || flags & UNSETTABLE_FLAGS)
		return -EBADF;
	fd = fcntl(object->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	object->is_taken = true;
	if (fcntl(fd, F_SETFL, flags & SETTABLE_FLAGS) == 0)
		return fd;
	close(fd);
	return -errno;
}

static int memfd_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const MemfdFileEntry *record = file->record->memfd;
	struct shared_memory *object = shared_memory_by_inode(restore, record->inode_id);
	_cleanup_close_ int fd = take_maker(object, record->flags);
	char link[32];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", object->fd);
	if (fd < 0)
		fd = open(link, (int)(record->flags & ~(uint32_t)O_ASYNC) | O_CLOEXEC);
	if (fd < 0)
		return log_errno(errno, "memfd '%s' cannot be opened", object->name);
	if (!(record->flags & O_PATH) && lseek(fd, (off_t)record->pos, SEEK_SET) < 0)
		return log_errno(errno, "memfd '%s': cannot set the offset", object->name);
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int memfd_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	return fd_owner_restore(task, fd, file->record->memfd->fown, file->record->memfd->flags);
}

const struct fd_kind memfd_kind = {
	.name = "memfd",
	.type = FD_TYPES__MEMFD,
	.matches = memfd_matches,
	.survey = memfd_survey,
	.dump = memfd_dump,
	.load = memfd_load,
	.open = memfd_open,
	.attach = memfd_attach,
};
