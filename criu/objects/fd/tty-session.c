// SPDX-License-Identifier: GPL-2.0-only
/* Controlling terminals of sessions of the tree: taken by their leaders, with the foreground group. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "criu/objects/fd/tty-internal.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static const struct file *find_terminal(const struct restore *restore, const struct task *task)
{
	const struct tty_infos *infos = tty_infos_of(restore);
	const struct tty_info *info;

	if (!infos || task->sid != task->pid)
		return NULL;
	SLIST_FOREACH(info, infos, link)
		if (info->id & 1 && (pid_t)info->sid == task->pid && info->master && info->master->fd >= 0)
			return info->master;
	return NULL;
}

static bool is_group(const struct restore *restore, const struct task *leader, uint32_t pgrp)
{
	const struct task *task;

	TAILQ_FOREACH(task, &restore->tasks, link)
		if (pgrp && task->pgid == (pid_t)pgrp && task->sid == leader->sid)
			return true;
	return false;
}

/* A foreground group that has ended stays so only as a number: the group of the leader is as good, until it sets another. */
static int set_group(const struct restore *restore, const struct task *task, int fd, uint32_t pgrp)
{
	sigset_t block, before;
	int ret;

	if (!is_group(restore, task, pgrp))
		return 0;
	sigemptyset(&block);
	sigaddset(&block, SIGTTOU);
	sigprocmask(SIG_BLOCK, &block, &before);
	ret = tcsetpgrp(fd, (pid_t)pgrp) < 0 ? -errno : 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

static int controlling_terminal_in_task(struct restore *restore, struct task *task)
{
	const struct file *master = find_terminal(restore, task);
	_cleanup_close_ int fd = -EBADF;
	const struct tty_info *info;
	int ret;

	if (!master)
		return 0;
	info = master->object;
	fd = tty_open_slave(master->fd, O_RDWR);
	ret = fd < 0 ? fd : ioctl(fd, TIOCSCTTY, 0) < 0 ? -errno : 0;
	if (ret < 0)
		return log_errno(ret, "task %d: terminal %u cannot become that of its session", task->pid, info->index);
	ret = set_group(restore, task, fd, info->pgrp);
	return ret < 0 ? log_errno(ret, "task %d: terminal %u: group %u cannot be its foreground", task->pid,
				   info->index, info->pgrp)
		       : 0;
}

const struct task_kind controlling_terminal_kind = {
	.name = "controlling-terminal",
	.in_task = controlling_terminal_in_task,
};
