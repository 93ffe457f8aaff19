// SPDX-License-Identifier: GPL-2.0-only
/* File locks (--file-locks), as fdinfo of the descriptors shows them. They are taken again by the restorer blob, when
 * the last descriptor of ours is closed: closing any one of a file ends the POSIX locks that the process has on it. */
#include "criu/objects/fd/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "criu/blobs/restorer/restorer.h"
#include "criu/image/file.h"
#include "criu/kernel/proc/fdinfo.h"
#include "criu/kernel/proc/locks.h"
#include "criu/model/arguments.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "file-lock.pb-c.h"

/* Values of file_lock_entry.flag. */
enum { LOCK_KIND_POSIX = 1, LOCK_KIND_FLOCK = 2, LOCK_KIND_OFD = 4 };

static const char written_key, owner_key, read_key, list_key;

/* --- dump --- */

struct lock_walk {
	struct dump *dump;
	const struct fd_info *fd;
	struct image_file *image;
};

/* 0: a kind that is not kept. */
static uint32_t kind_of(const struct proc_lock *lock)
{
	switch (lock->kind) {
	case PROC_LOCK_POSIX:
		return LOCK_KIND_POSIX;
	case PROC_LOCK_FLOCK:
		return LOCK_KIND_FLOCK;
	case PROC_LOCK_OFD:
		return LOCK_KIND_OFD;
	default:
		return 0;
	}
}

static int survey_line(void *context, const char *key, const char *value)
{
	const struct lock_walk *walk = context;
	struct proc_lock lock;

	if (strcmp(key, "lock") != 0)
		return 0;
	if (proc_parse_lock(value, strlen(value), &lock) == 0 && kind_of(&lock) && lock.access != PROC_LOCK_UNLOCK)
		return 0;
	dump_refuse(walk->dump, walk->fd->task,
		    "%s: leases cannot be kept by this build ('%s'); release it before the dump",
		    fd_describe(walk->dump, walk->fd), value);
	return 0;
}

static int walk_locks(const struct fd_info *fd, proc_fdinfo_line line, struct lock_walk *walk)
{
	struct proc_fdinfo info;

	walk->fd = fd;
	return proc_parse_fdinfo(fd->fdinfo, strlen(fd->fdinfo), line, walk, &info);
}

int fd_locks_survey(struct dump *dump, const struct fd_info *fd)
{
	struct lock_walk walk = { .dump = dump };

	if (!fd->locks)
		return 0;
	if (!dump->options->file_locks) {
		dump_refuse(dump, fd->task,
			    "%s: file locks are kept only with --file-locks; use it, or release them before the dump",
			    fd_describe(dump, fd));
		return 0;
	}
	return walk_locks(fd, survey_line, &walk);
}

/* A lock is shown by each descriptor of its owner: the process, or the open file description. */
static bool is_new_owner(struct dump *dump, const struct fd_info *fd, uint32_t kind)
{
	uint64_t owner = (uint64_t)fd->file_id << 32 | (kind == LOCK_KIND_POSIX ? (uint32_t)fd->task->pid : 0);
	const struct fd_info **first;
	bool is_new;

	first = kind_state_get(&dump->kind_state, &dump->arena, &owner_key, owner, sizeof(*first), &is_new);
	if (is_new)
		*first = fd;
	return *first == fd;
}

static int write_line(void *context, const char *key, const char *value)
{
	FileLockEntry record = FILE_LOCK_ENTRY__INIT;
	const struct lock_walk *walk = context;
	struct proc_lock lock;
	int ret;

	if (strcmp(key, "lock") != 0)
		return 0;
	ret = proc_parse_lock(value, strlen(value), &lock);
	if (ret < 0)
		return ret;
	record.flag = kind_of(&lock);
	if (!is_new_owner(walk->dump, walk->fd, record.flag))
		return 0;
	record.type = lock.access == PROC_LOCK_READ ? F_RDLCK : F_WRLCK;
	record.pid = walk->fd->task->pid;
	record.fd = walk->fd->fd;
	if (record.flag != LOCK_KIND_FLOCK) {
		record.start = lock.start;
		record.len = lock.end == INT64_MAX ? 0 : lock.end - lock.start + 1;
	}
	return image_write_record(walk->image, &record.base);
}

static int write_all(struct dump *dump, struct lock_walk *walk)
{
	const struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		for (unsigned int i = 0; i < task->nr_fds; i++) {
			int ret = task->fds[i].locks ? walk_locks(&task->fds[i], write_line, walk) : 0;

			if (ret < 0)
				return log_errno(ret, "task %d: %s: cannot write its file locks", task->pid,
						 fd_describe(dump, &task->fds[i]));
		}
	return 0;
}

/* One image for all: written when the first task is dumped. */
static int file_locks_dump_task(struct dump *dump, struct task *task)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	struct lock_walk walk = { .dump = dump };
	bool is_new;
	int ret;

	kind_state_get(&dump->kind_state, &dump->arena, &written_key, 0, 1, &is_new);
	if (!is_new)
		return 0;
	ret = image_create_list(dump->images, IMAGE_FILE_LOCKS, 0, &image);
	if (ret < 0)
		return log_errno(ret, "cannot create 'filelocks.img'");
	walk.image = image;
	ret = write_all(dump, &walk);
	if (ret < 0)
		return ret;
	ret = image_close(steal_pointer(&image));
	return ret < 0 ? log_errno(ret, "cannot write 'filelocks.img'") : 0;
}

/* --- restore --- */

struct lock_record {
	struct restorer_lock lock;
	const struct lock_record *next;
};

/* Locks of one task; by pid. */
struct lock_list {
	const struct lock_record *first;
	unsigned int count;
};

static struct lock_list *list_of(struct restore *restore, int32_t pid)
{
	return kind_state_get(&restore->kind_state, &restore->arena, &list_key, (uint32_t)pid,
			      sizeof(struct lock_list), NULL);
}

static int take_record(struct restore *restore, const FileLockEntry *record)
{
	struct lock_list *list = list_of(restore, record->pid);
	struct lock_record *kept;

	if (record->flag != LOCK_KIND_POSIX && record->flag != LOCK_KIND_FLOCK && record->flag != LOCK_KIND_OFD) {
		restore_refuse(restore, NULL,
			       "task %d: descriptor %d: a lock of kind %u (lease) cannot be restored by this build",
			       record->pid, record->fd, record->flag);
		return 0;
	}
	if ((record->type != F_RDLCK && record->type != F_WRLCK) || record->start < 0 || record->len < 0)
		return log_fail(-EBADMSG, "filelocks.img: task %d: descriptor %d: no proper lock",
				record->pid, record->fd);
	kept = arena_new(&restore->arena, struct lock_record);
	kept->lock.kind = record->flag == LOCK_KIND_POSIX ? RESTORER_LOCK_POSIX
			  : record->flag == LOCK_KIND_OFD ? RESTORER_LOCK_OFD
							  : RESTORER_LOCK_FLOCK;
	kept->lock.type = record->type;
	kept->lock.fd = record->fd;
	kept->lock.start = record->start;
	kept->lock.length = record->len;
	kept->next = list->first;
	list->first = kept;
	list->count++;
	return 0;
}

static int read_records(struct restore *restore)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(restore->images, IMAGE_FILE_LOCKS, 0, &image);

	if (ret < 0)
		return ret == -ENOENT ? 0 : log_errno(ret, "cannot open 'filelocks.img'");
	for (;;) {
		_cleanup_message_ ProtobufCMessage *message = NULL;

		ret = image_read_record(image, NULL, &message);
		if (ret < 0)
			return log_errno(ret, "cannot read '%s'", image_name(image));
		if (ret == 0)
			return 0;
		ret = take_record(restore, (const FileLockEntry *)message);
		if (ret < 0)
			return ret;
	}
}

static bool has_descriptor(const struct task *task, int fd)
{
	for (unsigned int i = 0; i < task->nr_fds; i++)
		if (task->fds[i].fd == fd)
			return true;
	return false;
}

static int file_locks_load(struct restore *restore, struct task *task)
{
	struct lock_list *list;
	bool is_new;
	int ret;

	kind_state_get(&restore->kind_state, &restore->arena, &read_key, 0, 1, &is_new);
	ret = is_new ? read_records(restore) : 0;
	if (ret < 0)
		return ret;
	list = list_of(restore, task->pid);
	for (const struct lock_record *record = list->first; record; record = record->next)
		if (!has_descriptor(task, record->lock.fd))
			return log_fail(-EBADMSG, "filelocks.img: task %d has no descriptor %d", task->pid,
					record->lock.fd);
	task->nr_locks = list->count;
	return 0;
}

static int file_locks_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	const struct lock_record *record = list_of(restore, task->pid)->first;
	struct restorer_lock *locks;

	if (!task->nr_locks)
		return 0;
	locks = arguments_alloc(restore, task->nr_locks * sizeof(*locks), &ret->locks);
	if (!locks)
		return -ENOMEM;
	for (; record; record = record->next)
		locks[ret->nr_locks++] = record->lock;
	return 0;
}

const struct task_kind file_locks_kind = {
	.name = "file locks",
	.dump_task = file_locks_dump_task,
	.load = file_locks_load,
	.plan_task = file_locks_plan_task,
};
