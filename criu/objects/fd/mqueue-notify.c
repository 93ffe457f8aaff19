// SPDX-License-Identifier: GPL-2.0-only
/* Who is to be told of the next message that comes into an empty queue (mq_notify(3)). The text of a queue says who and by
 * which signal; the value that goes with it is in the memory of the kernel only (ipc/mqueue.c, struct mqueue_inode_info). At
 * the restore the task registers itself, behind its last close of a descriptor of the queue, which would take that back. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/kernel-view.h"
#include "criu/model/arguments.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/mqueue-internal.h"
#include "criu/objects/fd/mqueue.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/queue-view.h"
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

/* A task that has executed a program since gets no signal. */
static int read_executed(struct kernel_view *view, uint64_t info, uint64_t *ret_then, uint64_t *ret_now)
{
	uint64_t pid = 0, heads = 0, node = 0, links = 0;
	long head = kernel_view_size(view, "hlist_head"), link = kernel_view_size(view, "hlist_node");
	int ret = kernel_view_get(view, info, "mqueue_inode_info", "notify_self_exec_id", ret_then);

	if (ret == 0)
		ret = kernel_view_get(view, info, "mqueue_inode_info", "notify_owner", &pid);
	if (ret == 0)
		ret = kernel_view_locate(view, pid, "pid", "tasks", &heads);
	if (ret < 0 || head < 0 || link < 0)
		return ret < 0 ? ret : -ENOENT;
	/* The second of both is of the thread group (include/linux/pid_types.h, PIDTYPE_TGID). */
	ret = kernel_view_get(view, heads + (uint64_t)head, "hlist_head", "first", &node);
	if (ret == 0)
		ret = kernel_view_locate(view, node, "task_struct", "pid_links", &links);
	if (ret < 0)
		return ret;
	return kernel_view_get(view, node - (links - node) - (uint64_t)link, "task_struct", "self_exec_id", ret_now);
}

static int read_value(struct dump *dump, int fd, uint64_t *ret_value, bool *ret_executed)
{
	uint64_t at = 0, offset = 0, then = 0, now = 0;
	struct kernel_view *view;
	int ret = queue_view_open(dump, &view);

	if (ret == 0)
		ret = kernel_view_file(view, fd, &at);
	if (ret == 0)
		ret = kernel_view_get(view, at, "file", "f_inode", &at);
	if (ret == 0)
		ret = kernel_view_locate(view, at, "mqueue_inode_info", "vfs_inode", &offset);
	if (ret < 0)
		return ret;
	at -= offset - at;
	ret = kernel_view_get(view, at, "mqueue_inode_info", "notify.sigev_value.sival_ptr", ret_value);
	if (ret == 0)
		ret = read_executed(view, at, &then, &now);
	*ret_executed = then != now;
	return ret;
}

/* Why it cannot be kept; NULL: it can. */
static const char *find_obstacle(struct dump *dump, const struct mqueue *queue, const struct mqueue_text *text,
				 uint64_t messages, struct mqueue_notice *notice)
{
	const struct task *owner = find_task(dump, text->notify_pid);
	bool executed = false;
	int ret = 0;

	if (text->notify != SIGEV_SIGNAL && text->notify != SIGEV_NONE)
		return "by a thread (SIGEV_THREAD), which is not kept";
	if (!owner)
		return "and is no process of the tree";
	if (!has_open(owner, &queue->stat) || has_other_tables(owner))
		return "and has not the queue open in the one table of its descriptors";
	/* To read them they are taken out and put back, which would end it. */
	if (messages)
		return "of the next after those that wait in the queue, which cannot be read without ending that";
	if (text->notify == SIGEV_SIGNAL)
		ret = read_value(dump, queue->fd, &notice->value, &executed);
	if (ret < 0)
		return arena_printf(&dump->arena,
				    "with a value that only the memory of the kernel tells, which cannot be read (%s; " QUEUE_VIEW_NEEDS
				    ")",
				    strerror(-ret));
	return executed ? "and has executed a program since, which does not get the signal" : NULL;
}

void mqueue_survey_notice(struct dump *dump, const struct mqueue *queue, const struct mqueue_text *text,
			  uint64_t messages, struct mqueue_notice *notice)
{
	const char *obstacle;

	/* Of a process outside of our pid namespace there is no number. */
	if (!text->notify_pid && text->notify == SIGEV_SIGNAL && !text->notify_signal)
		return;
	obstacle = find_obstacle(dump, queue, text, messages, notice);
	if (obstacle)
		dump_refuse(dump, queue->task,
			    "%s: process %d is registered to be notified of a message (mq_notify) %s; take that back "
			    "before the dump",
			    queue->what, text->notify_pid, obstacle);
	notice->pid = text->notify_pid;
	notice->has_signal = text->notify == SIGEV_SIGNAL;
	notice->signal = text->notify_signal;
}

void mqueue_dump_notice(const struct mqueue_notice *notice, MqueueEntry *record)
{
	record->has_notify_pid = notice->pid != 0;
	record->notify_pid = (uint32_t)notice->pid;
	record->has_notify_signal = record->has_notify_value = notice->pid && notice->has_signal;
	record->notify_signal = (uint32_t)notice->signal;
	record->notify_value = notice->value;
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

static int mqueue_notices_load(struct restore *restore, struct task *task)
{
	for (size_t i = 0; i < restore->nr_files; i++) {
		const struct file *file = &restore->files[i];

		if (notice_of(file, task) && (task->state == TASK_DEAD || has_other_tables(task) ||
					      find_number(restore, task, file->record->mqueue->queue_id) < 0))
			return log_fail(-EBADMSG,
					"files.img: file %u: task %d is to be notified of messages, and has not the "
					"queue open",
					file->id, task->pid);
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
			notices[ret->nr_notices++] = (struct restorer_notice){
				.value = queue->notify_value,
				.fd = find_number(restore, task, file->record->mqueue->queue_id),
				.notify = queue->has_notify_signal ? SIGEV_SIGNAL : SIGEV_NONE,
				.signal = (int32_t)queue->notify_signal,
			};
	}
	return 0;
}

const struct task_kind mqueue_notices_kind = {
	.name = "message queue notices",
	.load = mqueue_notices_load,
	.room = mqueue_notices_room,
	.plan_task = mqueue_notices_plan_task,
};
