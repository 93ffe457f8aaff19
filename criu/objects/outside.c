// SPDX-License-Identifier: GPL-2.0-only
/* One look at the descriptors of all processes that are not in the tree, sorted by what they lead to. */
#include "criu/objects/outside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "criu/kernel/proc/list.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static const char outside_key;

struct outside {
	int error;
	struct outside_fd *fds; /* by link, then by pid */
	size_t nr, room;
};

/* Ours, and those of the process that waits for us, come from the caller and end with the dump. */
static bool is_inside(const struct task_list *tasks, pid_t pid)
{
	const struct task *task;

	if (pid == getpid() || pid == getppid())
		return true;
	if (tasks)
		TAILQ_FOREACH(task, tasks, link)
			if (task->pid == pid)
				return true;
	return false;
}

static struct outside_fd *add_fd(struct arena *arena, struct outside *outside)
{
	if (outside->nr == outside->room) {
		size_t room = outside->room ? 2 * outside->room : 1024;
		struct outside_fd *fds = arena_array(arena, struct outside_fd, room);

		if (outside->nr)
			memcpy(fds, outside->fds, outside->nr * sizeof(*fds));
		outside->fds = fds;
		outside->room = room;
	}
	return &outside->fds[outside->nr++];
}

/* Processes come and go while we look: one that is gone holds nothing. */
static void look_at_process(struct arena *arena, struct outside *outside, int proc_fd, pid_t pid)
{
	_cleanup_close_ int task_fd = proc_open_task_at(proc_fd, pid);
	_cleanup_proc_fds_ struct proc_fds fds = { 0 };
	struct proc_stat stat = { 0 };
	const char *comm;

	if (task_fd < 0 || proc_read_fds(task_fd, &fds) < 0)
		return;
	comm = proc_read_stat(task_fd, &stat) == 0 ? arena_strdup(arena, stat.comm) : "?";
	for (size_t i = 0; i < fds.count; i++)
		*add_fd(arena, outside) = (struct outside_fd){
			.pid = pid,
			.fd = fds.items[i].fd,
			.link = arena_strdup(arena, fds.items[i].target),
			.comm = comm,
		};
}

static int compare_link(const void *a, const void *b)
{
	const struct outside_fd *left = a, *right = b;
	int order = strcmp(left->link, right->link);

	return order ? order : left->pid - right->pid;
}

static int look_at_all(struct arena *arena, const struct task_list *tasks, struct outside *outside)
{
	_cleanup_close_ int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_proc_pids_ struct proc_pids pids = { 0 };
	int error = proc_fd < 0 ? -errno : proc_read_tasks(proc_fd, &pids);

	if (error < 0)
		return log_errno(error, "cannot list processes to find who shares files with the tree");
	for (size_t i = 0; i < pids.count; i++)
		if (!is_inside(tasks, pids.ids[i]))
			look_at_process(arena, outside, proc_fd, pids.ids[i]);
	if (outside->nr)
		qsort(outside->fds, outside->nr, sizeof(*outside->fds), compare_link);
	return 0;
}

static size_t first_not_before(const struct outside *outside, const char *link)
{
	size_t low = 0, high = outside->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(outside->fds[middle].link, link) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Looks once a run. */
static struct outside *outside_of(void **kind_state, struct arena *arena, const struct task_list *tasks)
{
	struct outside *outside;
	bool is_new;

	outside = kind_state_get(kind_state, arena, &outside_key, 0, sizeof(*outside), &is_new);
	if (is_new)
		outside->error = look_at_all(arena, tasks, outside);
	return outside;
}

ssize_t outside_find_fds(struct dump *dump, const char *link, const struct outside_fd **ret_fds)
{
	const struct outside *outside = outside_of(&dump->kind_state, &dump->arena, &dump->tasks);
	size_t first, end;

	if (outside->error < 0)
		return outside->error;
	first = end = first_not_before(outside, link);
	while (end < outside->nr && strcmp(outside->fds[end].link, link) == 0)
		end++;
	*ret_fds = outside->fds + first;
	return end - first;
}

static bool leads_to(const struct outside_fd *fd, const char *name, const struct stat *inode)
{
	const char *last = strrchr(fd->link, '/');
	size_t length = strlen(name);
	struct stat found;
	char path[64];

	if (!last || strncmp(last + 1, name, length) != 0 ||
	    (last[1 + length] && strcmp(last + 1 + length, " (deleted)") != 0))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", fd->pid, fd->fd);
	return stat(path, &found) == 0 && found.st_dev == inode->st_dev && found.st_ino == inode->st_ino;
}

int outside_find_inode(void **kind_state, struct arena *arena, const struct task_list *tasks,
		       const char *name, const struct stat *inode, const struct outside_fd **ret_fd)
{
	const struct outside *outside = outside_of(kind_state, arena, tasks);

	for (size_t i = 0; outside->error == 0 && i < outside->nr; i++) {
		if (!leads_to(&outside->fds[i], name, inode))
			continue;
		*ret_fd = &outside->fds[i];
		return 1;
	}
	return outside->error;
}

const char *outside_describe(struct arena *arena, pid_t pid)
{
	_cleanup_close_ int task_fd = proc_open_task(pid);
	struct proc_stat stat = { 0 };

	if (task_fd < 0 || proc_read_stat(task_fd, &stat) < 0)
		return arena_printf(arena, "process %d", pid);
	return arena_printf(arena, "process %d (%s)", pid, stat.comm);
}
