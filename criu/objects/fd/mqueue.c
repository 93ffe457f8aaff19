// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of POSIX message queues. A queue of the host's IPC namespace stays there after a dump, if it has a name: the
 * restore takes it if nobody has changed it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/kernel/proc/link.h"
#include "criu/objects/fd/mqueue-internal.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/namespace/namespaces.h"
#include "criu/objects/outside.h"
#include "criu/util/cleanup.h"
#include "criu/util/guardian.h"
#include "criu/util/log.h"

#ifndef MQUEUE_MAGIC
#define MQUEUE_MAGIC 0x19800202
#endif
#define FILE_SIZE 80 /* of every queue, in stat (kernel: ipc/mqueue.c, FILENT_SIZE) */
#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT)
#define HOLD_SECONDS 10

/* Of a run, by inode. */
struct mqueue_dump {
	uint32_t id;
	bool surveyed;
};

extern const struct fd_kind mqueue_kind;

static void format_name(const struct fd_info *fd, char name[32])
{
	snprintf(name, 32, "fd/%d", fd->fd);
}

static bool mqueue_matches(const struct fd_info *fd)
{
	char name[64];
	struct statfs fs;

	if (!S_ISREG(fd->stat.st_mode) || fd->stat.st_size != FILE_SIZE || major(fd->stat.st_dev) != 0 ||
	    fd->flags & O_PATH)
		return false;
	snprintf(name, sizeof(name), "/proc/self/fd/%d/fd/%d", fd->task->proc_fd, fd->fd);
	return statfs(name, &fs) == 0 && fs.f_type == MQUEUE_MAGIC;
}

/* --- dump --- */

static struct mqueue_dump *dump_state(struct dump *dump, const struct fd_info *fd)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &mqueue_kind, fd->stat.st_ino,
			      sizeof(struct mqueue_dump), NULL);
}

static char *name_of(struct dump *dump, const struct fd_info *fd)
{
	const char *slash = strrchr(fd->link, '/');
	char *name = arena_strdup(&dump->arena, slash ? slash + 1 : fd->link);

	if (!fd->stat.st_nlink)
		proc_cut_deleted(name);
	return name;
}

/* A description of our own, whatever theirs is for. */
static int open_anew(const struct fd_info *fd)
{
	char name[32];
	int own;

	format_name(fd, name);
	own = openat(fd->task->proc_fd, name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return own < 0 ? -errno : own;
}

static int survey_holders(struct dump *dump, const struct fd_info *fd)
{
	const struct outside_fd *holder;
	int ret = outside_find_inode(&dump->kind_state, &dump->arena, &dump->tasks, name_of(dump, fd),
				     &fd->stat, &holder);

	if (ret > 0)
		dump_refuse(dump, fd->task,
			    "%s: the message queue is in use outside of the tree as well, by process %d (%s), descriptor "
			    "%d, which would see its messages go and come; dump that process, too, or end it",
			    fd_describe(dump, fd), holder->pid, holder->comm, holder->fd);
	return ret < 0 ? ret : 0;
}

static void refuse_text(struct dump *dump, const struct fd_info *fd, const struct mqueue_text *text)
{
	if (text->bytes > MQUEUE_CONTENTS_MAX)
		dump_refuse(dump, fd->task,
			    "%s: the message queue holds %" PRIu64 " bytes, which is more than %lu; "
			    "let some be received before the dump",
			    fd_describe(dump, fd), text->bytes, MQUEUE_CONTENTS_MAX);
	/* The kernel does not tell the value that goes with a signal, and any message that comes into an empty queue, as when
	 * messages are read and put back, ends a registration. */
	if (text->notify_pid)
		dump_refuse(dump, fd->task,
			    "%s: process %d is registered to be notified of a message (mq_notify), which cannot be kept; "
			    "take that back before the dump",
			    fd_describe(dump, fd), text->notify_pid);
}

/* By its name a queue of an own namespace is found there, with others (criu/objects/namespace/ipc-posix-queues.c). */
static void refuse_namespace(struct dump *dump, const struct fd_info *fd)
{
	const struct namespace *namespace = dump_namespace_of(dump, fd->task, NAMESPACE_IPC);

	if (namespace && namespace->own)
		dump_refuse(dump, fd->task,
			    "%s: the task is in another IPC namespace than criu, where POSIX message queues cannot be kept "
			    "by this build; close it before the dump",
			    fd_describe(dump, fd));
}

static int mqueue_survey(struct dump *dump, const struct fd_info *fd)
{
	struct mqueue_dump *state = dump_state(dump, fd);
	struct mqueue_text text = { 0 };
	_cleanup_close_ int own = -EBADF;
	int ret;

	if (state->surveyed)
		return fd_owner_survey(dump, fd);
	state->surveyed = true;
	own = open_anew(fd);
	ret = own < 0 ? own : mqueue_read_text(own, &fd->stat, &text);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: the message queue cannot be looked at", fd->task->pid,
				 fd_describe(dump, fd));
	refuse_text(dump, fd, &text);
	refuse_namespace(dump, fd);
	ret = survey_holders(dump, fd);
	return ret < 0 ? ret : fd_owner_survey(dump, fd);
}

static uint64_t nanoseconds(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

static void wait_at_rest(void *ledger)
{
	compel_ledger_wait_at_rest(ledger, HOLD_SECONDS);
}

/* Who holds back our end for another reason makes room: the tasks rest. */
static int read_messages(struct dump *dump, int fd, const struct stat *times, MqueueEntry *queue)
{
	bool held = dump->holder > 0;
	int ret;

	guardian_end_holder(dump->holder);
	dump->holder = 0;
	ret = mqueue_read_messages(fd, times, &dump->arena, queue);
	if (held && guardian_start_holder(wait_at_rest, dump->ledger, &dump->holder) < 0)
		log_warn("criu is traced: should it be killed now, tasks under seccomp could end with it");
	return ret;
}

static int dump_queue(struct dump *dump, const struct fd_info *fd, MqueueEntry *queue)
{
	_cleanup_close_ int own = open_anew(fd);
	struct mq_attr attributes = { 0 };

	mqueue_entry__init(queue);
	if (own < 0 || mq_getattr(own, &attributes) < 0)
		return own < 0 ? own : -errno;
	queue->name = name_of(dump, fd);
	queue->deleted = fd->stat.st_nlink == 0;
	queue->max_messages = (uint32_t)attributes.mq_maxmsg;
	queue->message_size = (uint32_t)attributes.mq_msgsize;
	queue->mode = fd->stat.st_mode & 07777;
	queue->uid = fd->stat.st_uid;
	queue->gid = fd->stat.st_gid;
	queue->atime = nanoseconds(&fd->stat.st_atim);
	queue->mtime = nanoseconds(&fd->stat.st_mtim);
	return read_messages(dump, own, &fd->stat, queue);
}

static int mqueue_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	MqueueFileEntry *entry = arena_new(&dump->arena, MqueueFileEntry);
	struct mqueue_dump *state = dump_state(dump, fd);
	int ret = 0;

	mqueue_file_entry__init(entry);
	entry->id = record->id;
	entry->flags = fd->flags;
	entry->pos = fd->pos;
	entry->fown = fd_owner_dump(dump, fd);
	if (strchr(fd->link + 1, '/') && fd->stat.st_nlink)
		entry->path = (char *)fd->link;
	if (!state->id) {
		state->id = record->id;
		entry->queue = arena_new(&dump->arena, MqueueEntry);
		ret = dump_queue(dump, fd, entry->queue);
	}
	entry->queue_id = state->id;
	record->mqueue = entry;
	if (ret == -EPERM)
		return log_fail(ret,
				"task %d: %s: criu is traced, and must not be when it reads messages: should it be "
				"killed then, they would be lost",
				fd->task->pid, fd_describe(dump, fd));
	return ret < 0 ? log_errno(ret, "task %d: %s: the message queue cannot be read", fd->task->pid,
				   fd_describe(dump, fd))
		       : 0;
}

/* --- restore --- */

static bool is_proper_queue(const MqueueEntry *queue)
{
	size_t length = strlen(queue->name);

	if (!length || length > NAME_MAX || strchr(queue->name, '/') || !queue->max_messages ||
	    queue->max_messages > MQUEUE_MESSAGES_MAX || !queue->message_size ||
	    queue->message_size > MQUEUE_SIZE_MAX || queue->n_messages > queue->max_messages || queue->mode > 07777)
		return false;
	for (size_t i = 0; i < queue->n_messages; i++)
		if (queue->messages[i]->data.len > queue->message_size ||
		    queue->messages[i]->priority >= MQUEUE_PRIORITY_MAX)
			return false;
	return true;
}

static int mqueue_load(struct restore *restore, struct file *file)
{
	const MqueueFileEntry *record = file->record->mqueue;
	struct mqueue_restore *queue;

	if (!record || (record->flags & O_ACCMODE) == O_ACCMODE || record->pos > INT64_MAX ||
	    (record->path && record->path[0] != '/') || (record->queue && !is_proper_queue(record->queue)))
		return log_fail(-EBADMSG, "files.img: file %u is no proper message queue", file->id);
	queue = file->object = mqueue_restore_state(restore, record->queue_id);
	queue->left++;
	if (!record->queue)
		return 0;
	if (queue->record)
		return log_fail(-EBADMSG, "files.img: message queue %u is there twice", record->queue_id);
	queue->record = record->queue;
	return mqueue_check_host(restore, queue);
}

/* By name as mq_open(3) does it, which does not set all flags that open(2) sets, or by the link of the first. */
static int open_description(const MqueueFileEntry *record, const struct mqueue_restore *queue)
{
	int access = (int)record->flags & O_ACCMODE, fd = -1;
	char link[32];

	if (record->path)
		return open(record->path, access | O_CLOEXEC);
	if (queue->name)
		fd = mq_open(queue->name, access | O_CLOEXEC);
	if (fd >= 0 && ((uint32_t)fcntl(fd, F_GETFL) ^ record->flags) & ~(uint32_t)(SETTABLE_FLAGS | O_ASYNC))
		close(steal_fd(&fd));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", queue->fd);
	return fd >= 0 ? fd : open(link, access | O_CLOEXEC);
}

static int set_description(const MqueueFileEntry *record, const struct mqueue_restore *queue, int fd)
{
	struct stat first, found;

	if (fstat(fd, &found) < 0 || fstat(queue->fd, &first) < 0)
		return -errno;
	if (found.st_dev != first.st_dev || found.st_ino != first.st_ino)
		return -ESTALE;
	if (fcntl(fd, F_SETFL, record->flags & SETTABLE_FLAGS) < 0 || lseek(fd, (off_t)record->pos, SEEK_SET) < 0)
		return -errno;
	return 0;
}

static int mqueue_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const MqueueFileEntry *record = file->record->mqueue;
	struct mqueue_restore *queue = file->object;
	_cleanup_close_ int fd = -EBADF;
	int ret;

	if (!queue->record)
		return log_fail(-EBADMSG, "files.img: there is no message queue %u", record->queue_id);
	ret = mqueue_make(restore, queue);
	if (ret < 0)
		return ret;
	fd = open_description(record, queue);
	ret = fd < 0 ? -errno : set_description(record, queue, fd);
	if (ret < 0)
		return log_errno(ret, "message queue '%s': cannot be opened%s%s", queue->record->name,
				 record->path ? " as " : "", record->path ? record->path : "");
	if (--queue->left == 0)
		ret = mqueue_settle(restore, queue);
	*ret_fd = steal_fd(&fd);
	return ret;
}

static int mqueue_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	const MqueueFileEntry *record = file->record->mqueue;

	return fd_owner_restore(task, fd, record->fown, record->flags);
}

const struct fd_kind mqueue_kind = {
	.name = "mqueue",
	.type = FD_TYPES__MQUEUE_FD,
	.matches = mqueue_matches,
	.survey = mqueue_survey,
	.dump = mqueue_dump,
	.load = mqueue_load,
	.open = mqueue_open,
	.attach = mqueue_attach,
};
