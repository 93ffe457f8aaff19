// SPDX-License-Identifier: GPL-2.0-only
/* Who has pipes open outside of the tree: one look at all processes, when a pipe of the tree lacks an end. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "criu/kernel/proc/list.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/objects/fd/pipe-internal.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static const char holders_key;

struct holders {
	int error;
	const struct pipe_holder *first;
};

static bool is_in_tree(const struct dump *dump, pid_t pid)
{
	const struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		if (task->pid == pid)
			return true;
	return false;
}

static void add_holder(struct dump *dump, struct holders *holders, uint64_t inode, pid_t pid, int task_fd, int fd)
{
	struct pipe_holder *holder = arena_new(&dump->arena, struct pipe_holder);
	struct proc_stat stat = { 0 };

	holder->inode = inode;
	holder->pid = pid;
	holder->fd = fd;
	holder->comm = proc_read_stat(task_fd, &stat) == 0 ? arena_strdup(&dump->arena, stat.comm) : "?";
	holder->next = holders->first;
	holders->first = holder;
}

/* Processes come and go while we look: one that is gone holds nothing. */
static void look_at_process(struct dump *dump, struct holders *holders, int proc_fd, pid_t pid)
{
	_cleanup_close_ int task_fd = proc_open_task_at(proc_fd, pid);
	_cleanup_proc_fds_ struct proc_fds fds = { 0 };

	if (task_fd < 0 || proc_read_fds(task_fd, &fds) < 0)
		return;
	for (size_t i = 0; i < fds.count; i++) {
		if (strncmp(fds.items[i].target, "pipe:[", 6) == 0)
			add_holder(dump, holders, strtoull(fds.items[i].target + 6, NULL, 10), pid, task_fd,
				   fds.items[i].fd);
	}
}

/* This process and its guardian: what they were started with ends with them. */
static bool is_ours(pid_t pid)
{
	return pid == getpid() || pid == getppid();
}

static int look_at_all(struct dump *dump, struct holders *holders)
{
	_cleanup_close_ int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_proc_pids_ struct proc_pids pids = { 0 };
	int ret = proc_fd < 0 ? -errno : proc_read_tasks(proc_fd, &pids);

	if (ret < 0)
		return log_errno(ret, "cannot list processes to find who holds a pipe");
	for (size_t i = 0; i < pids.count; i++)
		if (!is_ours(pids.ids[i]) && !is_in_tree(dump, pids.ids[i]))
			look_at_process(dump, holders, proc_fd, pids.ids[i]);
	return 0;
}

const struct pipe_holder *pipe_find_holder(struct dump *dump, uint64_t inode, int *ret_error)
{
	const struct pipe_holder *holder;
	struct holders *holders;
	bool is_new;

	holders = kind_state_get(&dump->kind_state, &dump->arena, &holders_key, 0, sizeof(*holders), &is_new);
	if (is_new)
		holders->error = look_at_all(dump, holders);
	for (holder = holders->first; holder && holder->inode != inode;)
		holder = holder->next;
	*ret_error = holders->error;
	return holder;
}
