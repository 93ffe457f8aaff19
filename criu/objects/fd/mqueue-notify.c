// SPDX-License-Identifier: GPL-2.0-only
/* Who is to be told of the next message that comes into an empty queue (mq_notify(3)). The text of a queue says who and by
 * which signal; the value that goes with it, or the netlink socket of SIGEV_THREAD, is in the memory of the kernel only. At
 * the restore the task registers itself, behind its last close of a descriptor of the queue, which would take that back. */
#include <errno.h>
#include <mqueue.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/kernel-view.h"
#include "criu/model/arguments.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/mqueue-internal.h"
#include "criu/objects/fd/mqueue.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/log.h"

/* --- dump --- */

static const struct task *find_task(const struct dump *dump, pid_t pid)
{
	const struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		if (task->pid == pid && task->state != TASK_DEAD)
			return task;
	return NULL;
}

static bool has_open(const struct task *task, const struct stat *stat)
{
	for (unsigned int i = 0; i < task->nr_fds; i++)
		if (task->fds[i].stat.st_dev == stat->st_dev && task->fds[i].stat.st_ino == stat->st_ino)
			return true;
	return false;
}

static bool has_other_tables(const struct task *task)
{
	for (unsigned int i = 1; i < task->nr_threads; i++)
		if (task->threads[i].fds)
			return true;
	return false;
}

static bool is_netlink(const struct fd_info *fd)
{
	return fd->socket && fd->socket->family == AF_NETLINK;
}

/* By SIGEV_THREAD the C library means: send these 32 bytes to this netlink socket, in which a thread of its own waits. */
static int find_socket(struct kernel_view *view, const struct task *owner, uint64_t wanted, int *ret_fd)
{
	uint64_t found = 0;
	int ret = 0;

	for (unsigned int i = 0; i < owner->nr_fds && ret == 0; i++) {
		if (!is_netlink(&owner->fds[i]))
			continue;
		ret = queue_view_socket(view, &owner->fds[i], &found);
		*ret_fd = owner->fds[i].fd;
		if (ret == 0 && found == wanted)
			return 0;
	}
	*ret_fd = -EBADF;
	return ret;
}

/* What the text of the queue does not tell, and why it cannot be kept. */
static int look(struct dump *dump, const struct mqueue *queue, const struct task *owner,
		const struct mqueue_text *text, uint64_t messages, struct mqueue_notice *notice,
		const char **ret_obstacle)
{
	struct mqueue_view view;
	bool executed = false;
	uint64_t socket = 0;
	int ret = mqueue_view_open(dump, queue->fd, &view);

	if (ret == 0 && messages)
		ret = mqueue_view_messages(&view, messages, text->bytes, NULL, NULL);
	if (ret == 0 && text->notify == SIGEV_SIGNAL)
		ret = mqueue_view_value(&view, &notice->value);
	if (ret == 0 && text->notify == SIGEV_SIGNAL)
		ret = mqueue_view_executed(&view, &executed);
	if (ret == 0 && text->notify == SIGEV_THREAD)
		ret = mqueue_view_cookie(&view, &socket, notice->cookie);
	if (ret == 0 && text->notify == SIGEV_THREAD)
		ret = find_socket(view.view, owner, socket, &notice->socket);
	if (executed)
		*ret_obstacle = "and has executed a program since, which does not get the signal";
	if (ret == 0 && text->notify == SIGEV_THREAD && notice->socket < 0)
		*ret_obstacle = "by a thread (SIGEV_THREAD) that was to be told by a netlink socket, which it has closed";
	return ret;
}

/* Why it cannot be kept; NULL: it can. */
static const char *find_obstacle(struct dump *dump, const struct mqueue *queue, const struct mqueue_text *text,
				 uint64_t messages, struct mqueue_notice *notice)
{
	const struct task *owner = find_task(dump, text->notify_pid);
	const char *obstacle = NULL, *what = "of the next after those that wait";
	int ret = 0;

	if (!owner)
		return "and is no process of the tree";
	if (!has_open(owner, &queue->stat) || has_other_tables(owner))
		return "and has not the queue open in the one table of its descriptors";
	if (messages || text->notify != SIGEV_NONE)
		ret = look(dump, queue, owner, text, messages, notice, &obstacle);
	if (ret == 0)
		return obstacle;
	if (text->notify == SIGEV_SIGNAL)
		what = "with a value";
	else if (text->notify == SIGEV_THREAD)
		what = "by a thread (SIGEV_THREAD) of an address";
	return arena_printf(&dump->arena,
			    "%s that only the memory of the kernel tells, which cannot be read (%s; " QUEUE_VIEW_NEEDS
			    ")",
			    what, strerror(-ret));
}

void mqueue_survey_notice(struct dump *dump, const struct mqueue *queue, const struct mqueue_text *text,
			  uint64_t messages, struct mqueue_notice *notice)
{
	const char *obstacle;

	/* Of a process outside of our pid namespace there is no number. */
	if (!text->notify_pid && text->notify == SIGEV_SIGNAL && !text->notify_signal)
		return;
	notice->pid = text->notify_pid;
	notice->notify = text->notify;
	notice->signal = text->notify_signal;
	obstacle = find_obstacle(dump, queue, text, messages, notice);
	if (obstacle)
		dump_refuse(dump, queue->task,
			    "%s: process %d is registered to be notified of a message (mq_notify) %s; take that back "
			    "before the dump",
			    queue->what, text->notify_pid, obstacle);
}

void mqueue_dump_notice(struct dump *dump, const struct mqueue_notice *notice, MqueueEntry *record)
{
	record->has_notify_pid = notice->pid != 0;
	record->notify_pid = (uint32_t)notice->pid;
	record->has_notify_signal = record->has_notify_value = notice->pid && notice->notify == SIGEV_SIGNAL;
	record->notify_signal = (uint32_t)notice->signal;
	record->notify_value = notice->value;
	if (!notice->pid || notice->notify != SIGEV_THREAD)
		return;
	record->has_notify_socket = record->has_notify_cookie = true;
	record->notify_socket = (uint32_t)notice->socket;
	record->notify_cookie.len = sizeof(notice->cookie);
	record->notify_cookie.data = arena_copy(&dump->arena, notice->cookie, sizeof(notice->cookie));
}

int mqueue_read_noticed(struct dump *dump, const struct mqueue *queue, MqueueEntry *ret_queue)
{
	struct mqueue_text text = { 0 };
	struct mq_attr attributes = { 0 };
	struct mqueue_view view;
	int ret = mqueue_read_text(queue->fd, &queue->stat, &text);

	if (ret < 0 || mq_getattr(queue->fd, &attributes) < 0)
		return ret < 0 ? ret : -errno;
	if (!attributes.mq_curmsgs)
		return 0;
	ret = mqueue_view_open(dump, queue->fd, &view);
	return ret < 0 ? ret
		       : mqueue_view_messages(&view, (size_t)attributes.mq_curmsgs, text.bytes, &dump->arena,
					      ret_queue);
}

/* --- restore --- */

static const MqueueEntry *notice_of(const struct file *file, const struct task *task)
{
	const MqueueFileEntry *record = file->record->mqueue;
	const MqueueEntry *queue = record ? record->queue : NULL;

	return queue && queue->has_notify_pid && (pid_t)queue->notify_pid == task->pid ? queue : NULL;
}

/* The number by which @task has the queue open, or -ENOENT. */
static int find_number(const struct restore *restore, const struct task *task, uint32_t queue)
{
	for (unsigned int i = 0; i < task->nr_fds; i++) {
		const struct file *file = restore_find_file(restore, task->fds[i].file_id);

		if (file && file->record->mqueue && file->record->mqueue->queue_id == queue)
			return task->fds[i].fd;
	}
	return -ENOENT;
}

static bool has_socket(const struct restore *restore, const struct task *task, uint32_t fd)
{
	for (unsigned int i = 0; i < task->nr_fds; i++) {
		const struct file *file = restore_find_file(restore, task->fds[i].file_id);

		if ((uint32_t)task->fds[i].fd == fd)
			return file && file->record->type == FD_TYPES__NETLINKSK;
	}
	return false;
}

static int mqueue_notices_load(struct restore *restore, struct task *task)
{
	for (size_t i = 0; i < restore->nr_files; i++) {
		const struct file *file = &restore->files[i];
		const MqueueEntry *queue = notice_of(file, task);

		if (queue && (task->state == TASK_DEAD || has_other_tables(task) ||
			      find_number(restore, task, file->record->mqueue->queue_id) < 0))
			return log_fail(-EBADMSG,
					"files.img: file %u: task %d is to be notified of messages, and has not the "
					"queue open",
					file->id, task->pid);
		if (queue && queue->has_notify_socket && !has_socket(restore, task, queue->notify_socket))
			return log_fail(-EBADMSG,
					"files.img: file %u: task %d is to be notified of messages by descriptor %u, "
					"which is no netlink socket",
					file->id, task->pid, queue->notify_socket);
	}
	return 0;
}

static size_t mqueue_notices_room(struct restore *restore, const struct task *task)
{
	size_t nr = 0;

	for (size_t i = 0; i < restore->nr_files; i++)
		nr += notice_of(&restore->files[i], task) != NULL;
	return nr ? nr * sizeof(struct restorer_notice) + 64 : 0;
}

static void fill(const MqueueEntry *queue, int fd, struct restorer_notice *ret)
{
	*ret = (struct restorer_notice){ .value = queue->notify_value, .fd = fd, .notify = SIGEV_NONE };
	if (queue->has_notify_signal) {
		ret->notify = SIGEV_SIGNAL;
		ret->signal = (int32_t)queue->notify_signal;
	} else if (queue->has_notify_socket) {
		ret->notify = SIGEV_THREAD;
		ret->signal = (int32_t)queue->notify_socket;
		memcpy(ret->cookie, queue->notify_cookie.data, sizeof(ret->cookie));
	}
}

static int mqueue_notices_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	size_t size = mqueue_notices_room(restore, task);
	struct restorer_notice *notices = size ? arguments_alloc(restore, size - 64, &ret->notices) : NULL;

	if (!notices)
		return size ? -ENOMEM : 0;
	for (size_t i = 0; i < restore->nr_files; i++) {
		const struct file *file = &restore->files[i];
		const MqueueEntry *queue = notice_of(file, task);

		if (queue)
			fill(queue, find_number(restore, task, file->record->mqueue->queue_id),
			     &notices[ret->nr_notices++]);
	}
	return 0;
}

const struct task_kind mqueue_notices_kind = {
	.name = "message queue notices",
	.load = mqueue_notices_load,
	.room = mqueue_notices_room,
	.plan_task = mqueue_notices_plan_task,
};
