// SPDX-License-Identifier: GPL-2.0-only
/* One look at the descriptors of all processes that are not in the tree, sorted by what they lead to. */
#include "criu/objects/outside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
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
static bool is_inside(const struct dump *dump, pid_t pid)
{
	const struct task *task;

	if (pid == getpid() || pid == getppid())
		return true;
	TAILQ_FOREACH(task, &dump->tasks, link)
		if (task->pid == pid)
			return true;
	return false;
}

static struct outside_fd *add_fd(struct dump *dump, struct outside *outside)
{
	if (outside->nr == outside->room) {
		size_t room = outside->room ? 2 * outside->room : 1024;
		struct outside_fd *fds = arena_array(&dump->arena, struct outside_fd, room);

		if (outside->nr)
			memcpy(fds, outside->fds, outside->nr * sizeof(*fds));
		outside->fds = fds;
		outside->room = room;
	}
	return &outside->fds[outside->nr++];
}

/* Processes come and go while we look: one that is gone holds nothing. */
static void look_at_process(struct dump *dump, struct outside *outside, int proc_fd, pid_t pid)
{
	_cleanup_close_ int task_fd = proc_open_task_at(proc_fd, pid);
	_cleanup_proc_fds_ struct proc_fds fds = { 0 };
	struct proc_stat stat = { 0 };
	const char *comm;

	if (task_fd < 0 || proc_read_fds(task_fd, &fds) < 0)
		return;
	comm = proc_read_stat(task_fd, &stat) == 0 ? arena_strdup(&dump->arena, stat.comm) : "?";
	for (size_t i = 0; i < fds.count; i++)
		*add_fd(dump, outside) = (struct outside_fd){
			.pid = pid,
			.fd = fds.items[i].fd,
			.link = arena_strdup(&dump->arena, fds.items[i].target),
			.comm = comm,
		};
}

static int compare_link(const void *a, const void *b)
{
	const struct outside_fd *left = a, *right = b;
	int order = strcmp(left->link, right->link);

	return order ? order : left->pid - right->pid;
}

static int look_at_all(struct dump *dump, struct outside *outside)
{
	_cleanup_close_ int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_proc_pids_ struct proc_pids pids = { 0 };
	int error = proc_fd < 0 ? -errno : proc_read_tasks(proc_fd, &pids);

	if (error < 0)
		return log_errno(error, "cannot list processes to find who shares files with the tree");
	for (size_t i = 0; i < pids.count; i++)
		if (!is_inside(dump, pids.ids[i]))
			look_at_process(dump, outside, proc_fd, pids.ids[i]);
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

ssize_t outside_find_fds(struct dump *dump, const char *link, const struct outside_fd **ret_fds)
{
	struct outside *outside;
	size_t first, end;
	bool is_new;

	outside = kind_state_get(&dump->kind_state, &dump->arena, &outside_key, 0, sizeof(*outside), &is_new);
	if (is_new)
		outside->error = look_at_all(dump, outside);
	if (outside->error < 0)
		return outside->error;
	first = end = first_not_before(outside, link);
	while (end < outside->nr && strcmp(outside->fds[end].link, link) == 0)
		end++;
	*ret_fds = outside->fds + first;
	return end - first;
}

const char *outside_describe(struct arena *arena, pid_t pid)
{
	_cleanup_close_ int task_fd = proc_open_task(pid);
	struct proc_stat stat = { 0 };

	if (task_fd < 0 || proc_read_stat(task_fd, &stat) < 0)
		return arena_printf(arena, "process %d", pid);
	return arena_printf(arena, "process %d (%s)", pid, stat.comm);
}
