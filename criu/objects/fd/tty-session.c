// SPDX-License-Identifier: GPL-2.0-only
/* Controlling terminals of sessions of the tree: taken by their leaders, with the foreground group. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/kernel/proc/stat.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/tty-internal.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

extern const struct fd_kind tty_kind;

static const struct file *find_terminal(const struct restore *restore, const struct task *task)
{
	const struct tty_infos *infos = tty_infos_of(restore);
	const struct tty_info *info;

	if (!infos || task->sid != task->pid)
		return NULL;
	SLIST_FOREACH(info, infos, link)
		if ((pid_t)info->sid == task->pid && info->master && info->master->fd >= 0)
			return info->master;
	return NULL;
}

/* A pair's by its master, a device as it is. */
static int open_terminal(const struct file *file)
{
	const struct tty_info *info = file->object;
	int fd = info->id & 1 ? tty_open_slave(file->fd, O_RDWR) : fcntl(file->fd, F_DUPFD_CLOEXEC, 0);

	return fd < 0 && !(info->id & 1) ? -errno : fd;
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

static int controlling_terminal_in_session(struct restore *restore, struct task *task)
{
	const struct file *master = find_terminal(restore, task);
	_cleanup_close_ int fd = -EBADF;
	int ret;

	if (!master)
		return 0;
	fd = open_terminal(master);
	ret = fd < 0 ? fd : ioctl(fd, TIOCSCTTY, 0) < 0 ? -errno : 0;
	return ret < 0 ? log_errno(ret, "task %d: its terminal cannot become that of its session", task->pid) : 0;
}

/* It got one from its parent. */
static int give_up_terminal(const struct task *task)
{
	_cleanup_close_ int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENXIO ? 0 : log_errno(errno, "task %d: /dev/tty", task->pid);
	return ioctl(fd, TIOCNOTTY) < 0 ? log_errno(errno, "task %d: its terminal cannot be given up", task->pid)
					: 0;
}

/* When all groups are there. */
static int controlling_terminal_in_task(struct restore *restore, struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;
	const struct file *master = find_terminal(restore, task);
	_cleanup_close_ int fd = -EBADF;
	const struct tty_info *info;
	int ret;

	if (core->without_terminal && task->sid != task->pid)
		return give_up_terminal(task);
	if (!master)
		return 0;
	info = master->object;
	fd = open_terminal(master);
	ret = fd < 0 ? fd : set_group(restore, task, fd, info->pgrp);
	return ret < 0 ? log_errno(ret, "task %d: terminal %u: group %u cannot be its foreground", task->pid,
				   info->index, info->pgrp)
		       : 0;
}

/* --- dump --- */

static bool has_session_terminal(const struct dump *dump, pid_t sid)
{
	const struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		if (task->sid == sid && task->stat && task->stat->tty_nr && task->state != TASK_DEAD)
			return true;
	return false;
}

/* TIOCGPTPEER makes O_CLOEXEC a flag of the file, and /proc shows it for descriptors that do not have it: only the task
 * itself is told. */
static bool is_doubtful(const struct fd_info *fd)
{
	_cleanup_close_ int duplicate = -EBADF;

	return fd->kind == &tty_kind && fd->cloexec && fd_duplicate(fd, &duplicate) == 0 &&
	       fcntl(duplicate, F_GETFL) & O_CLOEXEC;
}

static int ask_flags(const struct thread *thread, struct fd_info *fds, unsigned int nr)
{
	long value = 0;
	int ret = 0;

	for (unsigned int i = 0; i < nr && ret == 0; i++) {
		const uint64_t arguments[6] = { (uint64_t)fds[i].fd, F_GETFD };

		if (!is_doubtful(&fds[i]))
			continue;
		ret = compel_syscall(thread->compel, SYS_fcntl, arguments, &value);
		fds[i].cloexec = value > 0 && value & FD_CLOEXEC;
	}
	return ret < 0 ? log_fail(ret, "task %d: flags of its terminals: %s", thread->task->pid,
				  compel_last_error())
		       : 0;
}

static int controlling_terminal_ask(struct dump *dump, struct task *task, uint64_t room)
{
	int ret = ask_flags(task_live_thread(task), task->fds, task->nr_fds);

	for (unsigned int i = 1; i < task->nr_threads && ret == 0; i++)
		ret = ask_flags(&task->threads[i], task->threads[i].fds, task->threads[i].nr_fds);
	return ret;
}

static int controlling_terminal_dump(struct dump *dump, struct task *task)
{
	TaskCoreEntry *core = task_core(task)->tc;

	core->has_without_terminal = core->without_terminal = !task->stat->tty_nr &&
							      has_session_terminal(dump, task->sid);
	return 0;
}

const struct task_kind controlling_terminal_kind = {
	.name = "controlling-terminal",
	.ask = controlling_terminal_ask,
	.dump_task = controlling_terminal_dump,
	.in_session = controlling_terminal_in_session,
	.in_task = controlling_terminal_in_task,
};
