// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of POSIX message queues. A queue of the host's IPC namespace stays there after a dump, if it has a name: the
 * restore takes it if nobody has changed it. */
#include "criu/objects/fd/mqueue.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <mqueue.h>
#include <signal.h>
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
#include "criu/objects/namespace/ipc.h"
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
	bool opened; /* by the tree */
	struct mqueue_notice notice;
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

static struct mqueue_dump *dump_state(struct dump *dump, const struct stat *stat)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &mqueue_kind, stat->st_ino,
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

/* By a name of a file system that is mounted. */
static bool is_by_path(const struct fd_info *fd)
{
	return strchr(fd->link + 1, '/') && fd->stat.st_nlink;
}

/* A description of our own, whatever theirs is for. */
static int open_anew(struct dump *dump, const struct fd_info *fd, struct mqueue *ret_queue)
{
	char name[32];

	format_name(fd, name);
	*ret_queue = (struct mqueue){
		.task = fd->task,
		.what = fd_describe(dump, fd),
		.name = name_of(dump, fd),
		.stat = fd->stat,
		.fd = openat(fd->task->proc_fd, name, O_RDWR | O_NONBLOCK | O_CLOEXEC),
	};
	return ret_queue->fd < 0 ? -errno : 0;
}

static int survey_holders(struct dump *dump, const struct mqueue *queue)
{
	const struct outside_fd *holder;
	int ret = outside_find_inode(&dump->kind_state, &dump->arena, &dump->tasks, queue->name, &queue->stat,
				     &holder);

	if (ret > 0)
		dump_refuse(dump, queue->task,
			    "%s: the message queue is in use outside of the tree as well, by process %d (%s), descriptor "
			    "%d, which would see its messages go and come; dump that process, too, or end it",
			    queue->what, holder->pid, holder->comm, holder->fd);
	return ret < 0 ? ret : 0;
}

static void refuse_text(struct dump *dump, const struct mqueue *queue, const struct mqueue_text *text)
{
	if (text->bytes > MQUEUE_CONTENTS_MAX)
		dump_refuse(dump, queue->task,
			    "%s: the message queue holds %" PRIu64 " bytes, which is more than %lu; "
			    "let some be received before the dump",
			    queue->what, text->bytes, MQUEUE_CONTENTS_MAX);
}

int mqueue_survey_queue(struct dump *dump, const struct mqueue *queue)
{
	struct mqueue_dump *state = dump_state(dump, &queue->stat);
	struct mqueue_text text = { 0 };
	struct mq_attr attributes = { 0 };
	int ret;

	if (state->surveyed)
		return 0;
	state->surveyed = true;
	ret = mqueue_read_text(queue->fd, &queue->stat, &text);
	if (ret == 0 && mq_getattr(queue->fd, &attributes) < 0)
		ret = -errno;
	if (ret < 0)
		return log_errno(ret, "task %d: %s: the message queue cannot be looked at", queue->task->pid,
				 queue->what);
	refuse_text(dump, queue, &text);
	mqueue_survey_notice(dump, queue, &text, (uint64_t)attributes.mq_curmsgs, &state->notice);
	return survey_holders(dump, queue);
}

/* The one that a queue is in is known by its file system. A queue of the namespace of criu is found by its name when it is
 * restored, one of the tree's own is made in the new one. */
static int survey_namespace(struct dump *dump, const struct fd_info *fd)
{
	const struct namespace *namespace = dump_namespace_of(dump, fd->task, NAMESPACE_IPC);
	dev_t device = 0;
	int ret;

	if (!namespace || !namespace->own)
		return 0;
	ret = ipc_queues_device(dump, namespace, &device);
	if (ret == 0 && fd->stat.st_dev != device)
		dump_refuse(dump, fd->task,
			    "%s: the message queue is in another IPC namespace than the task, which cannot be kept; close it "
			    "before the dump",
			    fd_describe(dump, fd));
	else if (ret == 0 && is_by_path(fd))
		dump_refuse(dump, fd->task,
			    "%s: the message queue is of an IPC namespace of the tree's own, and was opened by the name that it "
			    "has in a file system; that will not be there in the new namespace: open it by mq_open",
			    fd_describe(dump, fd));
	return ret;
}

static int mqueue_survey(struct dump *dump, const struct fd_info *fd)
{
	struct mqueue_dump *state = dump_state(dump, &fd->stat);
	struct mqueue queue;
	int ret;

	state->opened = true;
	if (!state->surveyed) {
		ret = open_anew(dump, fd, &queue);
		if (ret < 0)
			return log_errno(ret, "task %d: %s: the message queue cannot be looked at",
					 fd->task->pid, queue.what);
		ret = mqueue_survey_queue(dump, &queue);
		close(queue.fd);
		if (ret < 0)
			return ret;
	}
	ret = survey_namespace(dump, fd);
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

bool mqueue_is_open(struct dump *dump, const struct stat *stat)
{
	return dump_state(dump, stat)->opened;
}

static int log_unread(const struct mqueue *queue, int error)
{
	if (error == -EPERM)
		return log_fail(error,
				"task %d: %s: criu is traced, and must not be when it reads messages: should it be "
				"killed then, they would be lost",
				queue->task->pid, queue->what);
	return log_errno(error, "task %d: %s: the message queue cannot be read", queue->task->pid, queue->what);
}

int mqueue_dump_queue(struct dump *dump, const struct mqueue *queue, MqueueEntry *ret_record)
{
	const struct namespace *namespace = dump_namespace_of(dump, queue->task, NAMESPACE_IPC);
	const struct mqueue_notice *notice = &dump_state(dump, &queue->stat)->notice;
	struct mq_attr attributes = { 0 };
	int ret;

	mqueue_entry__init(ret_record);
	if (mq_getattr(queue->fd, &attributes) < 0)
		return log_unread(queue, -errno);
	ret_record->name = queue->name;
	ret_record->deleted = queue->stat.st_nlink == 0;
	ret_record->max_messages = (uint32_t)attributes.mq_maxmsg;
	ret_record->message_size = (uint32_t)attributes.mq_msgsize;
	ret_record->mode = queue->stat.st_mode & 07777;
	ret_record->uid = queue->stat.st_uid;
	ret_record->gid = queue->stat.st_gid;
	ret_record->atime = nanoseconds(&queue->stat.st_atim);
	mqueue_dump_notice(dump, notice, ret_record);
	ret_record->mtime = nanoseconds(&queue->stat.st_mtim);
	if (namespace && namespace->own) {
		ret_record->has_ipc_namespace = 1;
		ret_record->ipc_namespace = namespace->id;
	}
	ret = notice->pid ? mqueue_read_noticed(dump, queue, ret_record)
			  : read_messages(dump, queue->fd, &queue->stat, ret_record);
	return ret < 0 ? log_unread(queue, ret) : 0;
}

static int dump_opened(struct dump *dump, const struct fd_info *fd, MqueueFileEntry *entry)
{
	struct mqueue queue;
	int ret = open_anew(dump, fd, &queue);

	if (ret < 0)
		return log_unread(&queue, ret);
	entry->queue = arena_new(&dump->arena, MqueueEntry);
	ret = mqueue_dump_queue(dump, &queue, entry->queue);
	close(queue.fd);
	return ret;
}

static int mqueue_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	MqueueFileEntry *entry = arena_new(&dump->arena, MqueueFileEntry);
	struct mqueue_dump *state = dump_state(dump, &fd->stat);
	int ret = 0;

	mqueue_file_entry__init(entry);
	entry->id = record->id;
	entry->flags = fd->flags;
	entry->pos = fd->pos;
	entry->fown = fd_owner_dump(dump, fd);
	if (is_by_path(fd))
		entry->path = (char *)fd->link;
	if (!state->id) {
		state->id = record->id;
		ret = dump_opened(dump, fd, entry);
	}
	entry->queue_id = state->id;
	record->mqueue = entry;
	return ret;
}

/* --- restore --- */

bool mqueue_is_proper(const MqueueEntry *queue)
{
	size_t length = strlen(queue->name);

	if (!length || length > NAME_MAX || strchr(queue->name, '/') || !queue->max_messages ||
	    queue->max_messages > MQUEUE_MESSAGES_MAX || !queue->message_size ||
	    queue->message_size > MQUEUE_SIZE_MAX || queue->n_messages > queue->max_messages ||
	    queue->mode > 07777 || queue->notify_pid > INT32_MAX || queue->notify_signal > (uint32_t)SIGRTMAX ||
	    (queue->has_notify_socket && queue->notify_cookie.len != MQUEUE_COOKIE_SIZE))
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
	    (record->path && record->path[0] != '/') || (record->queue && !mqueue_is_proper(record->queue)))
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

/* By name as mq_open(3) does it, which does not set all flags that open(2) sets, but keeps O_CLOEXEC among those of the
 * description, or by the link of the first. */
static int open_description(const MqueueFileEntry *record, const struct mqueue_restore *queue)
{
	int access = (int)record->flags & O_ACCMODE, fd = -1;
	char link[32];

	if (record->path)
		return open(record->path, access | O_CLOEXEC);
	if (queue->name)
		fd = mq_open(queue->name, access);
	if (fd >= 0)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
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

static int open_here(struct restore *restore, const struct file *file, int *ret_fd)
{
	const MqueueFileEntry *record = file->record->mqueue;
	struct mqueue_restore *queue = file->object;
	_cleanup_close_ int fd = -EBADF;
	int ret = mqueue_make(restore, queue);

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

static int open_within(struct restore *restore, const struct file *file, uint32_t id, int *ret_fd)
{
	const struct namespace *namespace = namespace_find(&restore->namespaces, NAMESPACE_IPC, id);
	int back, ret, left;

	if (!namespace || !namespace->own)
		return log_fail(-EBADMSG, "files.img: file %u is of an IPC namespace %u, which is not the tree's",
				file->id, id);
	ret = namespace_enter(namespace, &back);
	if (ret < 0)
		return ret;
	ret = open_here(restore, file, ret_fd);
	left = namespace_leave(namespace, back);
	return ret < 0 ? ret : left;
}

static int mqueue_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const struct mqueue_restore *queue = file->object;

	if (!queue->record)
		return log_fail(-EBADMSG, "files.img: there is no message queue %u", file->record->mqueue->queue_id);
	return queue->record->has_ipc_namespace ? open_within(restore, file, queue->record->ipc_namespace, ret_fd)
						: open_here(restore, file, ret_fd);
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
