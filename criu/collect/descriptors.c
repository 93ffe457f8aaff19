// SPDX-License-Identifier: GPL-2.0-only
/* Descriptor tables of the frozen tasks, read from outside, and which of them share an open file description. */
#include "criu/collect/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/kernel/proc/fdinfo.h"
#include "criu/kernel/proc/list.h"
#include "criu/kernel/proc/open.h"
#include "criu/model/dump.h"
#include "criu/model/sharing.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* --- one descriptor --- */

static int look_for_lock(void *context, const char *key, const char *value)
{
	struct fd_info *fd = context;

	if (strcmp(key, "lock") == 0)
		fd->locks = true;
	return 0;
}

static int read_fdinfo(struct dump *dump, struct fd_info *fd)
{
	struct proc_fdinfo info = { 0 };
	_cleanup_free_ char *text = NULL;
	char name[32];
	size_t size;
	int ret;

	snprintf(name, sizeof(name), "fdinfo/%d", fd->fd);
	ret = proc_read_file(fd->task->proc_fd, name, PROC_LARGE_FILE_MAX, &text, &size);
	if (ret < 0)
		return ret;
	ret = proc_parse_fdinfo(text, size, look_for_lock, fd, &info);
	if (ret < 0)
		return ret;
	fd->fdinfo = arena_copy(&dump->arena, text, size + 1);
	fd->pos = (uint64_t)info.pos;
	fd->flags = info.flags & ~(uint32_t)O_CLOEXEC;
	fd->cloexec = info.flags & O_CLOEXEC;
	fd->mnt_id = info.mnt_id;
	return 0;
}

static int duplicate_descriptor(const struct fd_info *fd)
{
	const struct compel_process *process = fd->task->compel;

	if (!process || process->pid != fd->task->pid || process->pidfd < 0)
		return -EBADF;
	return (int)syscall(SYS_pidfd_getfd, process->pidfd, fd->fd, 0);
}

static int look_at_file(struct fd_info *fd, int duplicate)
{
	char name[32];

	if (duplicate >= 0)
		return fstat(duplicate, &fd->stat) < 0 ? -errno : 0;
	snprintf(name, sizeof(name), "fd/%d", fd->fd);
	return fstatat(fd->task->proc_fd, name, &fd->stat, 0) < 0 ? -errno : 0;
}

static int read_link(struct dump *dump, struct fd_info *fd, int duplicate, int own_fds)
{
	bool own = duplicate >= 0 && own_fds >= 0;
	_cleanup_free_ char *link = NULL;
	char name[32];
	int ret;

	snprintf(name, sizeof(name), own ? "%d" : "fd/%d", own ? duplicate : fd->fd);
	ret = proc_read_fd_link(own ? own_fds : fd->task->proc_fd, name, &link);
	if (ret == 0)
		fd->link = arena_strdup(&dump->arena, link);
	return ret;
}

static int look_closer(struct dump *dump, struct fd_info *fd, int duplicate)
{
	const struct task *task = fd->task;
	int ret = look_at_file(fd, duplicate);

	if (ret < 0)
		return log_errno(ret, "task %d: cannot look at descriptor %d ('%s')", task->pid, fd->fd, fd->link);
	ret = read_fdinfo(dump, fd);
	if (ret < 0)
		return log_errno(ret, "task %d: cannot read fdinfo of descriptor %d ('%s')", task->pid,
				 fd->fd, fd->link);
	ret = fd_look_at_socket(dump, fd);
	if (ret == 0)
		fd->kind = fd_kind_find(fd);
	return ret;
}

/* Task, number and link are there. */
static int look_at_descriptor(struct dump *dump, struct fd_info *fd)
{
	_cleanup_close_ int duplicate = duplicate_descriptor(fd);

	return look_closer(dump, fd, duplicate);
}

/* By a duplicate where that can be had: each name below /proc/PID/fd that is walked for the first time takes three times as
 * long as one of ours again. 0: has been closed meanwhile. */
static int collect_descriptor(struct dump *dump, struct task *task, int number, int own_fds, struct fd_info *fd)
{
	_cleanup_close_ int duplicate = -EBADF;
	int ret;

	*fd = (struct fd_info){ .task = task, .fd = number };
	duplicate = duplicate_descriptor(fd);
	ret = read_link(dump, fd, duplicate, own_fds);
	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return log_errno(ret, "task %d: cannot look at descriptor %d", task->pid, number);
	ret = look_closer(dump, fd, duplicate);
	return ret < 0 ? ret : 1;
}

/* @own_fds: /proc/self/fd, may be missing. */
static int collect_table(struct dump *dump, struct task *task, int own_fds, struct fd_info **ret_fds,
			 unsigned int *ret_nr)
{
	_cleanup_proc_pids_ struct proc_pids numbers = { 0 };
	int ret = proc_read_fd_numbers(task->proc_fd, &numbers);

	if (ret < 0)
		return log_errno(ret, "task %d: cannot list descriptors", task->pid);
	*ret_fds = arena_array(&dump->arena, struct fd_info, numbers.count);
	*ret_nr = 0;
	for (size_t i = 0; i < numbers.count; i++) {
		ret = collect_descriptor(dump, task, numbers.ids[i], own_fds, &(*ret_fds)[*ret_nr]);
		if (ret < 0)
			return ret;
		*ret_nr += (unsigned int)ret;
	}
	return 0;
}

/* The task as one of its threads sees it: any thread has an entry of its own in /proc, and a number for kcmp. */
static struct task *view_through(struct dump *dump, const struct task *task, const struct thread *thread, int proc_fd)
{
	struct task *view = arena_copy(&dump->arena, task, sizeof(*task));

	view->pid = thread->tid;
	view->proc_fd = proc_fd;
	return view;
}

/* A table that several share is looked at once, with the first of them. */
static int collect_main_table(struct dump *dump, struct task *task, int own_fds)
{
	struct task *view = task;

	if (sharing_borrows(task, SHARE_FILES))
		return 0;
	if (task->threads[0].dead)
		view = view_through(dump, task, task_live_thread(task), task->proc_fd);
	return collect_table(dump, view, own_fds, &task->fds, &task->nr_fds);
}

static int collect_thread_tables(struct dump *dump, struct task *task, int own_fds)
{
	for (unsigned int i = 1; i < task->nr_threads; i++) {
		struct thread *thread = &task->threads[i];
		int ret;

		if (!sharing_owns_table(thread))
			continue;
		ret = collect_table(dump, view_through(dump, task, thread, thread->proc_fd), own_fds,
				    &thread->fds, &thread->nr_fds);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* --- which descriptors share an open file description --- */

struct candidate {
	struct fd_info *fd;
	size_t order; /* of first sight */
	size_t first; /* of the first one with the same description */
};

struct comparison {
	int error;
	unsigned long nr_kcmp;
};

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* The kernel's order of files is total, but costs a system call. */
static int compare_descriptions(const struct fd_info *a, const struct fd_info *b, struct comparison *comparison)
{
	long ret;

	if (a == b || comparison->error)
		return 0;
	comparison->nr_kcmp++;
	ret = syscall(SYS_kcmp, a->task->pid, b->task->pid, KCMP_FILE, (unsigned long)a->fd, (unsigned long)b->fd);
	if (ret < 0 || ret > 2) {
		comparison->error = ret < 0 ? -errno : -EINVAL;
		return 0;
	}
	return ret == 0 ? 0 : ret == 1 ? -1 : 1;
}

/* What one open file description has in common wherever it is seen. Not the offset: somebody outside of the tree
 * who shares the description, such as the user of our own standard output, may move it while we read. */
static int compare_candidates(const void *left, const void *right, void *context)
{
	const struct fd_info *a = ((const struct candidate *)left)->fd, *b = ((const struct candidate *)right)->fd;
	int order = compare_numbers(a->stat.st_ino, b->stat.st_ino);

	if (!order)
		order = compare_numbers(a->stat.st_dev, b->stat.st_dev);
	if (!order)
		order = compare_numbers(a->flags, b->flags);
	if (!order)
		order = compare_numbers((uint32_t)a->mnt_id, (uint32_t)b->mnt_id);
	return order ? order : compare_descriptions(a, b, context);
}

static int compare_order(const void *left, const void *right)
{
	return compare_numbers(((const struct candidate *)left)->order, ((const struct candidate *)right)->order);
}

static size_t count_descriptors(const struct dump *dump)
{
	const struct task *task;
	size_t count = 0;

	TAILQ_FOREACH(task, &dump->tasks, link) {
		count += task->nr_fds;
		for (unsigned int i = 1; i < task->nr_threads; i++)
			count += task->threads[i].nr_fds;
	}
	return count + (dump->flight ? dump->flight->nr_fds : 0);
}

static size_t list_table(struct candidate *candidates, size_t order, struct fd_info *fds, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++, order++)
		candidates[order] = (struct candidate){ .fd = &fds[i], .order = order };
	return order;
}

static void list_candidates(const struct dump *dump, struct candidate *candidates)
{
	const struct task *task;
	size_t order = 0;

	TAILQ_FOREACH(task, &dump->tasks, link) {
		order = list_table(candidates, order, task->fds, task->nr_fds);
		for (unsigned int i = 1; i < task->nr_threads; i++)
			order = list_table(candidates, order, task->threads[i].fds, task->threads[i].nr_fds);
	}
	if (dump->flight)
		list_table(candidates, order, dump->flight->fds, dump->flight->nr_fds);
}

/* Sorted, equal ones are neighbours: each learns the order number of the earliest of them. */
static void mark_first(struct candidate *candidates, size_t count, struct comparison *comparison)
{
	for (size_t start = 0, end; start < count; start = end) {
		size_t first = candidates[start].order;

		for (end = start + 1; end < count; end++) {
			if (compare_candidates(&candidates[start], &candidates[end], comparison))
				break;
			first = first < candidates[end].order ? first : candidates[end].order;
		}
		for (size_t i = start; i < end; i++)
			candidates[i].first = first;
	}
}

static int share_descriptions(struct dump *dump)
{
	size_t count = count_descriptors(dump);
	_cleanup_free_ struct candidate *candidates = calloc(count ? count : 1, sizeof(*candidates));
	struct comparison comparison = { 0 };

	if (!candidates)
		return log_errno(ENOMEM, "cannot compare %zu descriptors", count);
	list_candidates(dump, candidates);
	qsort_r(candidates, count, sizeof(*candidates), compare_candidates, &comparison);
	mark_first(candidates, count, &comparison);
	if (comparison.error)
		return log_errno(comparison.error, "cannot compare open files (kcmp)");

	qsort(candidates, count, sizeof(*candidates), compare_order);
	for (size_t i = 0; i < count; i++)
		candidates[i].fd->file_id = candidates[i].first == i
						    ? dump_new_file_id(dump)
						    : candidates[candidates[i].first].fd->file_id;
	log_debug("%zu descriptors, %lu comparisons by the kernel", count, comparison.nr_kcmp);
	return 0;
}

int collect_descriptors(struct dump *dump)
{
	_cleanup_close_ int self = proc_open_task(getpid()), own_fds = -EBADF;
	struct task *task;
	int ret;

	if (self >= 0)
		own_fds = openat(self, "fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	TAILQ_FOREACH(task, &dump->tasks, link) {
		ret = task->state == TASK_DEAD ? 0 : collect_main_table(dump, task, own_fds);

		if (ret == 0 && task->state != TASK_DEAD)
			ret = collect_thread_tables(dump, task, own_fds);
		if (ret < 0)
			return ret;
	}
	ret = fd_collect_in_flight(dump, look_at_descriptor);
	return ret < 0 ? ret : share_descriptions(dump);
}
