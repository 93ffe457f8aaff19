// SPDX-License-Identifier: GPL-2.0-only
/* Threads are made when all descriptors are in their places. A descriptor of one of them is opened after that, by the task
 * that has it: so it must be in one table only. */
#include "criu/objects/fd/pidfd-thread.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/model/fd-walk.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/unnamed.h"
#include "criu/objects/kinds.h"
#include "criu/objects/process-file.h"
#include "criu/util/log.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

const struct task *pidfd_find_thread(const struct task_list *tasks, pid_t tid)
{
	const struct task *task;

	TAILQ_FOREACH(task, tasks, link)
		for (unsigned int i = 1; i < task->nr_threads; i++)
			if (task->threads[i].tid == tid)
				return task;
	return NULL;
}

/* --- dump --- */

static bool is_in_table(const struct task *task, const struct fd_info *fd)
{
	return fd >= task->fds && fd < task->fds + task->nr_fds;
}

const char *pidfd_thread_problem(const struct dump *dump, const struct fd_info *fd)
{
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *other;

	while ((other = fd_walk_next(&walk)))
		if (other->file_id == fd->file_id && (other->in_flight || !is_in_table(fd->task, other)))
			return "such a one can be kept in one table of descriptors only, and it is in several, in one of a "
			       "thread, or in flight";
	return fd_owner_dump((struct dump *)dump, fd)->pid ? "such a one cannot be kept with an owner (F_SETOWN)"
							   : NULL;
}

/* --- restore --- */

/* The only task that has it; NULL: there is none. */
static struct task *find_holder(struct restore *restore, const struct file *file)
{
	struct fd_walk walk = fd_walk_all(&restore->tasks);
	struct task *task, *holder = NULL;
	const struct fd_info *fd;
	unsigned int nr = 0, nr_held = 0;

	while ((fd = fd_walk_next(&walk)))
		nr += fd->file_id == file->id;
	TAILQ_FOREACH(task, &restore->tasks, link) {
		if (nr_held || task->state == TASK_DEAD)
			continue;
		for (unsigned int i = 0; i < task->nr_fds; i++)
			nr_held += task->fds[i].file_id == file->id;
		holder = nr_held ? task : NULL;
	}
	return nr_held && nr == nr_held ? holder : NULL;
}

int pidfd_thread_load(struct restore *restore, const struct file *file)
{
	const PidfdEntry *entry = file->record->pidfd;

	if (!(entry->flags & PIDFD_THREAD) || entry->fown->pid || !find_holder(restore, file))
		return log_fail(-EBADMSG, "files.img: file %u is of thread %d, and in no table, or in several",
				file->id, entry->nspid);
	return 0;
}

static int call(struct compel_thread *thread, long number, uint64_t first, uint64_t second, uint64_t third)
{
	const uint64_t arguments[6] = { first, second, third };
	long value = 0;
	int ret = compel_syscall(thread, number, arguments, &value);

	return ret < 0 ? ret : (int)value;
}

/* The number that it had first. Its table may be full: that is made free. */
static int open_first(struct compel_thread *thread, const struct fd_info *first, pid_t tid)
{
	int opened = -EBADF, ret = call(thread, SYS_close, (uint64_t)first->fd, 0, 0);

	if (ret == 0)
		ret = opened = call(thread, SYS_pidfd_open, (uint64_t)tid, PIDFD_THREAD, 0);
	if (ret < 0 || opened == first->fd)
		return ret < 0 ? ret
			       : call(thread, SYS_fcntl, (uint64_t)opened, F_SETFD,
				      first->cloexec ? FD_CLOEXEC : 0);
	ret = call(thread, SYS_dup3, (uint64_t)opened, (uint64_t)first->fd, first->cloexec ? O_CLOEXEC : 0);
	return ret < 0 ? ret : call(thread, SYS_close, (uint64_t)opened, 0, 0);
}

static int open_within(struct compel_thread *thread, const struct task *holder, const struct file *file,
		       int *ret_first)
{
	const struct fd_info *first = NULL;
	int ret = 0;

	for (unsigned int i = 0; i < holder->nr_fds && ret >= 0; i++) {
		const struct fd_info *fd = &holder->fds[i];

		if (fd->file_id != file->id)
			continue;
		if (first) {
			ret = call(thread, SYS_dup3, (uint64_t)first->fd, (uint64_t)fd->fd,
				   fd->cloexec ? O_CLOEXEC : 0);
			continue;
		}
		first = fd;
		*ret_first = fd->fd;
		ret = open_first(thread, fd, file->record->pidfd->nspid);
	}
	return ret < 0 ? ret : 0;
}

int pidfd_thread_open(struct restore *restore, struct file *file)
{
	const struct task *holder = find_holder(restore, file);
	struct compel_thread *thread = holder ? restore_seized_thread(restore, task_live_thread(holder)) : NULL;
	int fd = -EBADF, first = -1, ret = thread ? 0 : -ESRCH;

	if (ret == 0)
		ret = open_within(thread, holder, file, &first);
	if (ret == 0)
		ret = compel_get_fd(restore->processes[holder->index], first, &fd);
	if (ret == 0)
		ret = unnamed_set_flags(fd, file->record->pidfd->flags);
	if (ret == 0)
		ret = process_file_replace(file, fd);
	else if (fd >= 0)
		close(fd);
	return ret < 0 ? log_errno(ret, "file %u: cannot open thread %d", file->id, file->record->pidfd->nspid)
		       : 0;
}
