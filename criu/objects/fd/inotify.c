// SPDX-License-Identifier: GPL-2.0-only
/* Inotify descriptors: watches with their numbers. Events that wait to be read cannot be looked at without taking them
 * away, and the kernel takes none back: with some, the dump is refused. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "criu/kernel/proc/fdinfo.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/watched.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define INOTIFY_IOC_SETNEXTWD _IOW('I', 0, int32_t)
#define KNOWN_MASK (IN_ALL_EVENTS | IN_UNMOUNT | IN_EXCL_UNLINK | IN_ONESHOT)

static const char inotify_key;

struct watch {
	int number;
	uint32_t mask, ignored_mask;
	struct watched watched;
	struct file *file; /* restore: what is watched, if it has lost its name */
};

struct watches {
	struct watch *items;
	size_t nr, room;
};

static bool inotify_matches(const struct fd_info *fd)
{
	return strcmp(fd->link, "anon_inode:inotify") == 0;
}

/* --- dump --- */

struct reader {
	struct dump *dump;
	struct watches *watches;
};

static struct watch *add_watch(struct dump *dump, struct watches *watches)
{
	if (watches->nr == watches->room) {
		size_t room = watches->room ? 2 * watches->room : 16;
		struct watch *items = arena_array(&dump->arena, struct watch, room);

		for (size_t i = 0; i < watches->nr; i++)
			items[i] = watches->items[i];
		watches->items = items;
		watches->room = room;
	}
	return &watches->items[watches->nr++];
}

/* The key is the text before the first colon, the number comes behind it: "inotify wd:1 ino:...". */
static int take_line(void *context, const char *key, const char *value)
{
	struct reader *reader = context;
	struct watch *watch;
	uint64_t mask, ignored;
	int error;

	if (strcmp(key, "inotify wd") != 0)
		return 0;
	watch = add_watch(reader->dump, reader->watches);
	watch->number = (int)strtoul(value, NULL, 16);
	error = proc_fdinfo_find_number(value, "mask", 16, UINT32_MAX, &mask);
	if (error == 0)
		error = proc_fdinfo_find_number(value, "ignored_mask", 16, UINT32_MAX, &ignored);
	if (error < 0)
		return error;
	watch->mask = (uint32_t)mask;
	watch->ignored_mask = (uint32_t)ignored;
	return watched_parse(value, &watch->watched);
}

static int survey_watch(struct dump *dump, const struct fd_info *fd, struct watch *watch)
{
	const char *why = NULL;
	int ret = watched_find(dump, &watch->watched, &why);

	if (ret == 0)
		dump_refuse(dump, fd->task, "%s: watch %d, of inode %lu on device %u:%u: %s",
			    fd_describe(dump, fd), watch->number, (unsigned long)watch->watched.inode,
			    watch->watched.dev >> 20, watch->watched.dev & 0xfffff, why);
	return ret < 0 ? ret : 0;
}

static int inotify_survey(struct dump *dump, const struct fd_info *fd)
{
	struct watches *watches = kind_state_get(&dump->kind_state, &dump->arena, &inotify_key, fd->file_id,
						 sizeof(*watches), NULL);
	struct reader reader = { dump, watches };
	struct proc_fdinfo common;
	int ret = proc_parse_fdinfo(fd->fdinfo, strlen(fd->fdinfo), take_line, &reader, &common);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot read its watches", fd->task->pid, fd_describe(dump, fd));
	ret = watched_survey_events(dump, fd);
	for (size_t i = 0; i < watches->nr && ret == 0; i++)
		ret = survey_watch(dump, fd, &watches->items[i]);
	return ret < 0 ? ret : fd_owner_survey(dump, fd);
}

static InotifyWdEntry *dump_watch(struct dump *dump, const struct watch *watch)
{
	InotifyWdEntry *entry = arena_new(&dump->arena, InotifyWdEntry);

	inotify_wd_entry__init(entry);
	entry->i_ino = watch->watched.inode;
	entry->mask = watch->mask;
	entry->ignored_mask = watch->ignored_mask;
	entry->s_dev = watch->watched.dev;
	entry->wd = (uint32_t)watch->number;
	entry->f_handle = watched_dump(dump, &watch->watched);
	entry->has_file = watch->watched.file != 0;
	entry->file = watch->watched.file;
	return entry;
}

static int inotify_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	const struct watches *watches = kind_state_find(&dump->kind_state, &inotify_key, fd->file_id);
	InotifyFileEntry *entry = arena_new(&dump->arena, InotifyFileEntry);

	inotify_file_entry__init(entry);
	entry->id = record->id;
	entry->flags = fd->flags;
	entry->fown = fd_owner_dump(dump, fd);
	entry->n_wd = watches->nr;
	entry->wd = arena_array(&dump->arena, InotifyWdEntry *, watches->nr + 1);
	for (size_t i = 0; i < watches->nr; i++)
		entry->wd[i] = dump_watch(dump, &watches->items[i]);
	record->ify = entry;
	return 0;
}

/* --- restore --- */

static int load_watch(struct restore *restore, const struct file *file, const InotifyWdEntry *record,
		      struct watch *watch)
{
	_cleanup_close_ int fd = -EBADF;

	if (!record->wd || record->wd > INT32_MAX || record->mask & ~(uint32_t)KNOWN_MASK ||
	    watched_load(record->i_ino, record->s_dev, record->f_handle, &watch->watched) < 0)
		return log_fail(-EBADMSG, "files.img: inotify %u: watch %u is impossible", file->id, record->wd);
	watch->number = (int)record->wd;
	watch->mask = record->mask;
	if (record->has_file) {
		watch->file = restore_find_file(restore, record->file);
		if (!watch->file)
			return log_fail(-EBADMSG, "files.img: inotify %u: watch %u: there is no file %u",
					file->id, record->wd, record->file);
		watch->file->wanted = true;
		return 0;
	}
	fd = watched_open(restore, &watch->watched, NULL);
	if (fd < 0)
		restore_refuse(restore, NULL, "inotify %u: watch %u: there is no file with its handle, nor '%s': %s",
			       file->id, record->wd,
			       watch->watched.path ? watch->watched.path : "a name for it", strerror(-fd));
	return 0;
}

/* In the order of their numbers: the next one is given behind the last. */
static int compare_watches(const void *left, const void *right)
{
	const struct watch *a = left, *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

static int inotify_load(struct restore *restore, struct file *file)
{
	const InotifyFileEntry *entry = file->record->ify;
	struct watch *watches;
	int ret = 0;

	if (!entry)
		return log_fail(-EBADMSG, "files.img: file %u is no inotify", file->id);
	watches = arena_array(&restore->arena, struct watch, entry->n_wd + 1);
	for (size_t i = 0; i < entry->n_wd && ret == 0; i++)
		ret = load_watch(restore, file, entry->wd[i], &watches[i]);
	qsort(watches, entry->n_wd, sizeof(*watches), compare_watches);
	for (size_t i = 1; i < entry->n_wd && ret == 0; i++)
		if (watches[i].number == watches[i - 1].number)
			ret = log_fail(-EBADMSG, "files.img: inotify %u has two watches %d", file->id,
				       watches[i].number);
	file->object = watches;
	return ret;
}

static int inotify_open(struct restore *restore, struct file *file, int *ret_fd)
{
	_cleanup_close_ int fd = inotify_init1(IN_CLOEXEC |
					       (file->record->ify->flags & O_NONBLOCK ? IN_NONBLOCK : 0));

	if (fd < 0)
		return log_errno(errno, "file %u: cannot make an inotify descriptor", file->id);
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int set_watch(struct restore *restore, const struct file *file, const struct watch *watch)
{
	_cleanup_close_ int fd = watched_open(restore, &watch->watched, watch->file);
	char link[32];
	int number;

	if (fd < 0)
		return log_errno(fd, "inotify %u: watch %d: what it is of cannot be opened", file->id,
				 watch->number);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	/* Without CONFIG_CHECKPOINT_RESTORE numbers come as they come, which may be right. */
	(void)ioctl(file->fd, INOTIFY_IOC_SETNEXTWD, watch->number);
	number = inotify_add_watch(file->fd, link, watch->mask ? watch->mask : IN_UNMOUNT);
	if (number < 0)
		return log_errno(errno, "inotify %u: watch %d cannot be set", file->id, watch->number);
	if (number != watch->number)
		return log_fail(-EBUSY, "inotify %u: watch %d has become %d (INOTIFY_IOC_SETNEXTWD)",
				file->id, watch->number, number);
	return 0;
}

/* The last act: what opens and fills files is not to be told. */
static int inotify_finish(struct restore *restore, struct file *file)
{
	const struct watch *watches = file->object;
	int ret = 0;

	for (size_t i = 0; i < file->record->ify->n_wd && ret == 0; i++)
		ret = set_watch(restore, file, &watches[i]);
	return ret;
}

static int inotify_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	return fd_owner_restore(task, fd, file->record->ify->fown, file->record->ify->flags);
}

const struct fd_kind inotify_kind = {
	.name = "inotify",
	.type = FD_TYPES__INOTIFY,
	.matches = inotify_matches,
	.survey = inotify_survey,
	.dump = inotify_dump,
	.load = inotify_load,
	.open = inotify_open,
	.finish = inotify_finish,
	.attach = inotify_attach,
};
