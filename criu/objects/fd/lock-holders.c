// SPDX-License-Identifier: GPL-2.0-only
/* Who has an open file description of the tree as well: a lock that belongs to it stays with them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/kernel/proc/list.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/objects/fd/locks-internal.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static const char others_key;

/* A descriptor of another process that may be one of ours: regular files and the like, by name. */
struct other_fd {
	pid_t pid;
	int fd;
	const char *link, *comm;
	const struct other_fd *next;
};

struct others {
	int error;
	const struct other_fd *first;
};

/* Ours, and those of the process that waits for us, come from the caller and end with the dump. */
static bool is_own(const struct dump *dump, pid_t pid)
{
	const struct task *task;

	if (pid == getpid() || pid == getppid())
		return true;
	TAILQ_FOREACH(task, &dump->tasks, link)
		if (task->pid == pid)
			return true;
	return false;
}

static bool tree_has_locks_on(const struct dump *dump, const char *link)
{
	const struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		for (unsigned int i = 0; i < task->nr_fds; i++)
			if (task->fds[i].locks && strcmp(task->fds[i].link, link) == 0)
				return true;
	return false;
}

static void add_other(struct dump *dump, struct others *others, int task_fd, pid_t pid, const struct proc_fd *item)
{
	struct other_fd *other = arena_new(&dump->arena, struct other_fd);
	struct proc_stat stat = { 0 };

	other->pid = pid;
	other->fd = item->fd;
	other->link = arena_strdup(&dump->arena, item->target);
	other->comm = proc_read_stat(task_fd, &stat) == 0 ? arena_strdup(&dump->arena, stat.comm) : "?";
	other->next = others->first;
	others->first = other;
}

/* Processes come and go while we look: one that is gone holds nothing. */
static void look_at_process(struct dump *dump, struct others *others, int proc_fd, pid_t pid)
{
	_cleanup_close_ int task_fd = proc_open_task_at(proc_fd, pid);
	_cleanup_proc_fds_ struct proc_fds fds = { 0 };

	if (task_fd < 0 || proc_read_fds(task_fd, &fds) < 0)
		return;
	for (size_t i = 0; i < fds.count; i++)
		if (tree_has_locks_on(dump, fds.items[i].target))
			add_other(dump, others, task_fd, pid, &fds.items[i]);
}

static int look_at_all(struct dump *dump, struct others *others)
{
	_cleanup_close_ int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_proc_pids_ struct proc_pids pids = { 0 };
	int ret = proc_fd < 0 ? -errno : proc_read_tasks(proc_fd, &pids);

	if (ret < 0)
		return log_errno(ret, "cannot list processes to find who shares a file lock");
	for (size_t i = 0; i < pids.count; i++)
		if (!is_own(dump, pids.ids[i]))
			look_at_process(dump, others, proc_fd, pids.ids[i]);
	return 0;
}

static bool is_same_description(const struct fd_info *fd, const struct other_fd *other)
{
	return strcmp(fd->link, other->link) == 0 && syscall(SYS_kcmp, fd->task->pid, other->pid, KCMP_FILE,
							     (unsigned long)fd->fd, (unsigned long)other->fd) == 0;
}

int lock_find_holder(struct dump *dump, const struct fd_info *fd, struct lock_holder *ret_holder)
{
	const struct other_fd *other;
	struct others *others;
	bool is_new;

	others = kind_state_get(&dump->kind_state, &dump->arena, &others_key, 0, sizeof(*others), &is_new);
	if (is_new)
		others->error = look_at_all(dump, others);
	if (others->error < 0)
		return others->error;
	for (other = others->first; other && !is_same_description(fd, other);)
		other = other->next;
	*ret_holder = (struct lock_holder){ 0 };
	if (other)
		*ret_holder = (struct lock_holder){ .pid = other->pid, .fd = other->fd, .comm = other->comm };
	return 0;
}
