// SPDX-License-Identifier: GPL-2.0-only
/* Fanotify descriptors: marks on files, mounts and file systems. Marks that ask for permission are refused: whoever
 * dumps or restores would wait for the answer of a program that stands still. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "criu/kernel/proc/fdinfo.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/watched.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#ifndef FAN_MARK_EVICTABLE
#define FAN_MARK_EVICTABLE 0x200
#endif
#ifndef FAN_MARK_IGNORE
#define FAN_MARK_IGNORE 0x400
#endif
#ifndef FAN_PRE_ACCESS
#define FAN_PRE_ACCESS 0x100000
#endif

/* What fdinfo tells of a mark. */
#define KEPT_MARK_FLAGS (FAN_MARK_IGNORED_SURV_MODIFY | FAN_MARK_EVICTABLE | FAN_MARK_IGNORE)
#define PERMISSIONS (FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM | FAN_PRE_ACCESS)

static const char fanotify_key;

struct mark {
	MarkType type;
	bool filesystem; /* all of it, which is mounted there */
	uint32_t flags, mask, ignored_mask;
	int mount_id;	  /* of a mount, or one of the file system */
	const char *path; /* where that is mounted */
	struct watched watched;
	struct file *file; /* restore: what is watched, if it has lost its name */
};

struct marks {
	uint32_t flags, event_flags;
	struct mark *items;
	size_t nr, room;
	const char *strange; /* a line that this version does not know */
};

static bool fanotify_matches(const struct fd_info *fd)
{
	return strcmp(fd->link, "anon_inode:[fanotify]") == 0;
}

/* --- dump --- */

struct reader {
	struct dump *dump;
	struct marks *marks;
};

static struct mark *add_mark(struct dump *dump, struct marks *marks)
{
	if (marks->nr == marks->room) {
		size_t room = marks->room ? 2 * marks->room : 16;
		struct mark *items = arena_array(&dump->arena, struct mark, room);

		for (size_t i = 0; i < marks->nr; i++)
			items[i] = marks->items[i];
		marks->items = items;
		marks->room = room;
	}
	return &marks->items[marks->nr++];
}

static int take_group(struct marks *marks, const char *line)
{
	uint64_t flags, event_flags;
	int error = proc_fdinfo_find_number(line, "flags", 16, UINT32_MAX, &flags);

	if (error == 0)
		error = proc_fdinfo_find_number(line, "event-flags", 16, UINT32_MAX, &event_flags);
	if (error < 0)
		return error;
	marks->flags = (uint32_t)flags;
	marks->event_flags = (uint32_t)event_flags;
	return 0;
}

static int take_numbers(const char *line, struct mark *mark)
{
	uint64_t flags, mask, ignored;
	int error = proc_fdinfo_find_number(line, "mflags", 16, UINT32_MAX, &flags);

	if (error == 0)
		error = proc_fdinfo_find_number(line, "mask", 16, UINT32_MAX, &mask);
	if (error == 0)
		error = proc_fdinfo_find_number(line, "ignored_mask", 16, UINT32_MAX, &ignored);
	if (error < 0)
		return error;
	mark->flags = (uint32_t)flags;
	mark->mask = (uint32_t)mask;
	mark->ignored_mask = (uint32_t)ignored;
	return 0;
}

/* "fanotify ino:... sdev:... mflags:...", or with mnt_id, or with sdev alone. */
static int take_mark(struct mark *mark, const char *line)
{
	uint64_t number;
	int error = take_numbers(line, mark);

	if (error < 0)
		return error;
	if (proc_fdinfo_find_number(line, "ino", 16, UINT64_MAX, &number) == 0) {
		mark->type = MARK_TYPE__INODE;
		return watched_parse(line, &mark->watched);
	}
	if (proc_fdinfo_find_number(line, "mnt_id", 16, INT32_MAX, &number) == 0) {
		mark->type = MARK_TYPE__MOUNT;
		mark->mount_id = (int)number;
		return 0;
	}
	mark->type = MARK_TYPE__MOUNT;
	mark->filesystem = true;
	error = proc_fdinfo_find_number(line, "sdev", 16, UINT32_MAX, &number);
	mark->watched.dev = (uint32_t)number;
	return error;
}

/* The key is all before the first colon; together they are the line. */
static int take_line(void *context, const char *key, const char *value)
{
	struct reader *reader = context;
	const char *line;

	if (strncmp(key, "fanotify ", strlen("fanotify ")) != 0)
		return 0;
	line = arena_printf(&reader->dump->arena, "%s:%s", key + strlen("fanotify "), value);
	if (strncmp(line, "flags:", strlen("flags:")) == 0)
		return take_group(reader->marks, line);
	if (strncmp(line, "ino:", 4) && strncmp(line, "mnt_id:", 7) && strncmp(line, "sdev:", 5)) {
		reader->marks->strange = line;
		return 0;
	}
	return take_mark(add_mark(reader->dump, reader->marks), line);
}

static int survey_place(struct dump *dump, const struct fd_info *fd, struct mark *mark)
{
	const char *why = NULL;
	int ret;

	if (mark->type != MARK_TYPE__INODE) {
		mark->path = watched_mountpoint(&dump->kind_state, &dump->arena, mark->mount_id,
						mark->watched.dev, &mark->mount_id);
		if (!mark->path)
			dump_refuse(dump, fd->task,
				    "%s: the mark on %s %d (device %u:%u): it is not mounted here, or covered by "
				    "another mount; remove the mark before the dump",
				    fd_describe(dump, fd), mark->mount_id ? "mount" : "the file system",
				    mark->mount_id, mark->watched.dev >> 20, mark->watched.dev & 0xfffff);
		return 0;
	}
	ret = watched_find(dump, &mark->watched, &why);
	if (ret == 0)
		dump_refuse(dump, fd->task, "%s: the mark on inode %lu on device %u:%u: %s",
			    fd_describe(dump, fd), (unsigned long)mark->watched.inode,
			    mark->watched.dev >> 20, mark->watched.dev & 0xfffff, why);
	return ret < 0 ? ret : 0;
}

static int survey_mark(struct dump *dump, const struct fd_info *fd, struct mark *mark)
{
	if (mark->flags & ~(uint32_t)KEPT_MARK_FLAGS)
		dump_refuse(dump, fd->task, "%s: a mark has flags %x, which are not known",
			    fd_describe(dump, fd), mark->flags);
	if (mark->mask & PERMISSIONS)
		dump_refuse(dump, fd->task,
			    "%s: it decides who may open or read (fanotify permission events, mask %x), and would be asked "
			    "while it stands still; remove these marks or close it before the dump",
			    fd_describe(dump, fd), mark->mask);
	return survey_place(dump, fd, mark);
}

static int fanotify_survey(struct dump *dump, const struct fd_info *fd)
{
	struct marks *marks = kind_state_get(&dump->kind_state, &dump->arena, &fanotify_key, fd->file_id,
					     sizeof(*marks), NULL);
	struct reader reader = { dump, marks };
	struct proc_fdinfo common;
	int ret = proc_parse_fdinfo(fd->fdinfo, strlen(fd->fdinfo), take_line, &reader, &common);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot read its marks", fd->task->pid, fd_describe(dump, fd));
	if (marks->strange)
		dump_refuse(dump, fd->task, "%s: it has marks of a kind that is not known ('%s')",
			    fd_describe(dump, fd), marks->strange);
	ret = watched_survey_events(dump, fd);
	for (size_t i = 0; i < marks->nr && ret == 0; i++)
		ret = survey_mark(dump, fd, &marks->items[i]);
	return ret < 0 ? ret : fd_owner_survey(dump, fd);
}

static FanotifyMarkEntry *dump_mark(struct dump *dump, const struct mark *mark)
{
	FanotifyMarkEntry *entry = arena_new(&dump->arena, FanotifyMarkEntry);

	fanotify_mark_entry__init(entry);
	entry->type = mark->type;
	entry->mflags = mark->flags;
	entry->mask = mark->mask;
	entry->ignored_mask = mark->ignored_mask;
	entry->s_dev = mark->watched.dev;
	if (mark->type == MARK_TYPE__INODE) {
		entry->ie = arena_new(&dump->arena, FanotifyInodeMarkEntry);
		fanotify_inode_mark_entry__init(entry->ie);
		entry->ie->i_ino = mark->watched.inode;
		entry->ie->f_handle = watched_dump(dump, &mark->watched);
		entry->ie->has_file = mark->watched.file != 0;
		entry->ie->file = mark->watched.file;
	} else {
		entry->me = arena_new(&dump->arena, FanotifyMountMarkEntry);
		fanotify_mount_mark_entry__init(entry->me);
		entry->me->mnt_id = (uint32_t)mark->mount_id;
		entry->me->has_filesystem = mark->filesystem;
		entry->me->filesystem = mark->filesystem;
		entry->me->path = arena_strdup(&dump->arena, mark->path);
	}
	return entry;
}

static int fanotify_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	const struct marks *marks = kind_state_find(&dump->kind_state, &fanotify_key, fd->file_id);
	FanotifyFileEntry *entry = arena_new(&dump->arena, FanotifyFileEntry);

	fanotify_file_entry__init(entry);
	entry->id = record->id;
	entry->flags = fd->flags;
	entry->fown = fd_owner_dump(dump, fd);
	entry->faflags = marks->flags;
	entry->evflags = marks->event_flags;
	entry->n_mark = marks->nr;
	entry->mark = arena_array(&dump->arena, FanotifyMarkEntry *, marks->nr + 1);
	for (size_t i = 0; i < marks->nr; i++)
		entry->mark[i] = dump_mark(dump, &marks->items[i]);
	record->ffy = entry;
	return 0;
}

/* --- restore --- */

static int load_inode(struct restore *restore, const struct file *file, const FanotifyMarkEntry *record,
		      struct mark *mark)
{
	_cleanup_close_ int fd = -EBADF;

	if (!record->ie || watched_load(record->ie->i_ino, record->s_dev, record->ie->f_handle, &mark->watched) < 0)
		return log_fail(-EBADMSG, "files.img: fanotify %u: a mark is impossible", file->id);
	if (record->ie->has_file) {
		mark->file = restore_find_file(restore, record->ie->file);
		if (!mark->file)
			return log_fail(-EBADMSG, "files.img: fanotify %u: there is no file %u", file->id,
					record->ie->file);
		mark->file->wanted = true;
		return 0;
	}
	fd = watched_open(restore, &mark->watched, NULL);
	if (fd < 0)
		restore_refuse(restore, NULL,
			       "fanotify %u: mark on inode %lu: there is no file with its handle, nor '%s': %s",
			       file->id, (unsigned long)mark->watched.inode,
			       mark->watched.path ? mark->watched.path : "a name for it", strerror(-fd));
	return 0;
}

static int load_mount(struct restore *restore, const struct file *file, const FanotifyMarkEntry *record,
		      struct mark *mark)
{
	if (!record->me || (record->me->path && record->me->path[0] != '/'))
		return log_fail(-EBADMSG, "files.img: fanotify %u: a mark is impossible", file->id);
	mark->path = record->me->path;
	mark->filesystem = record->me->filesystem;
	if (!mark->path || access(mark->path, F_OK) < 0)
		restore_refuse(restore, NULL, "fanotify %u: the mark on mount %u: %s%s", file->id,
			       record->me->mnt_id,
			       mark->path ? "there is no such place: " : "the images do not tell where that is",
			       mark->path ? mark->path : "");
	return 0;
}

static int load_mark(struct restore *restore, const struct file *file, const FanotifyMarkEntry *record,
		     struct mark *mark)
{
	if (record->mflags & ~(uint32_t)KEPT_MARK_FLAGS || record->mask & PERMISSIONS)
		return log_fail(-EBADMSG, "files.img: fanotify %u: a mark has impossible flags (%x) or mask (%x)",
				file->id, record->mflags, record->mask);
	mark->type = record->type;
	mark->flags = record->mflags;
	mark->mask = record->mask;
	mark->ignored_mask = record->ignored_mask;
	if (record->type == MARK_TYPE__INODE)
		return load_inode(restore, file, record, mark);
	return load_mount(restore, file, record, mark);
}

static int fanotify_load(struct restore *restore, struct file *file)
{
	const FanotifyFileEntry *entry = file->record->ffy;
	struct mark *marks;
	int ret = 0;

	if (!entry)
		return log_fail(-EBADMSG, "files.img: file %u is no fanotify descriptor", file->id);
	marks = arena_array(&restore->arena, struct mark, entry->n_mark + 1);
	for (size_t i = 0; i < entry->n_mark && ret == 0; i++)
		ret = load_mark(restore, file, entry->mark[i], &marks[i]);
	file->object = marks;
	return ret;
}

static int fanotify_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const FanotifyFileEntry *entry = file->record->ffy;
	/* FAN_CLOEXEC stays in what fdinfo tells: as it was, and the descriptor is closed at an exec nevertheless. */
	_cleanup_close_ int fd = fanotify_init(entry->faflags, entry->evflags);

	if (fd < 0)
		return log_errno(errno, "file %u: cannot make a fanotify descriptor (flags %x, flags of events %x)",
				 file->id, entry->faflags, entry->evflags);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, entry->flags & O_NONBLOCK) < 0)
		return log_errno(errno, "file %u: cannot set the flags of a fanotify descriptor", file->id);
	*ret_fd = steal_fd(&fd);
	return 0;
}

static unsigned int type_flags(const struct mark *mark)
{
	unsigned int place = mark->filesystem ? FAN_MARK_FILESYSTEM : FAN_MARK_MOUNT;

	return (mark->type == MARK_TYPE__INODE ? FAN_MARK_INODE : place) | (mark->flags & FAN_MARK_EVICTABLE);
}

/* Files are ignored in the old way or in that of Linux 6.0, with their survival of changes. */
static unsigned int ignore_flags(const struct mark *mark)
{
	return (mark->flags & FAN_MARK_IGNORE ? FAN_MARK_IGNORE : FAN_MARK_IGNORED_MASK) |
	       (mark->flags & FAN_MARK_IGNORED_SURV_MODIFY);
}

static int set_masks(const struct file *file, const struct mark *mark, const char *path)
{
	unsigned int flags = FAN_MARK_ADD | type_flags(mark);

	if ((mark->mask || !mark->ignored_mask) && fanotify_mark(file->fd, flags, mark->mask, AT_FDCWD, path) < 0)
		return -errno;
	if (mark->ignored_mask &&
	    fanotify_mark(file->fd, flags | ignore_flags(mark), mark->ignored_mask, AT_FDCWD, path) < 0)
		return -errno;
	return 0;
}

static int set_mark(struct restore *restore, const struct file *file, const struct mark *mark)
{
	_cleanup_close_ int fd = -EBADF;
	const char *path = mark->path;
	char link[32];
	int error = 0;

	if (mark->type == MARK_TYPE__INODE) {
		fd = watched_open(restore, &mark->watched, mark->file);
		error = fd < 0 ? fd : 0;
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		path = link;
	}
	if (!error)
		error = set_masks(file, mark, path);
	return error < 0 ? log_errno(error, "fanotify %u: cannot mark '%s' (mask %x, ignored %x, flags %x)",
				     file->id, path, mark->mask, mark->ignored_mask, mark->flags)
			 : 0;
}

/* The last act: what opens and fills files is not to be told. */
static int fanotify_finish(struct restore *restore, struct file *file)
{
	const struct mark *marks = file->object;
	int ret = 0;

	for (size_t i = 0; i < file->record->ffy->n_mark && ret == 0; i++)
		ret = set_mark(restore, file, &marks[i]);
	return ret;
}

static int fanotify_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	return fd_owner_restore(task, fd, file->record->ffy->fown, file->record->ffy->flags);
}

const struct fd_kind fanotify_kind = {
	.name = "fanotify",
	.type = FD_TYPES__FANOTIFY,
	.matches = fanotify_matches,
	.survey = fanotify_survey,
	.dump = fanotify_dump,
	.load = fanotify_load,
	.open = fanotify_open,
	.finish = fanotify_finish,
	.attach = fanotify_attach,
};
