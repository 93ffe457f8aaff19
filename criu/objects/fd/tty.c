// SPDX-License-Identifier: GPL-2.0-only
/* Terminals: descriptors of them. Here, too, is how those are restored that belong to somebody outside of the tree: a
 * shell (--shell-job), or who gives one at restore. Pairs of the tree: tty-pair.c, tty-make.c. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "criu/kernel/proc/link.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/tty-internal.h"
#include "criu/objects/file-name.h"
#include "criu/objects/inherit.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define REOPEN_FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK | O_NOATIME)

extern const struct fd_kind tty_kind;
static const char infos_key;

static bool tty_matches(const struct fd_info *fd)
{
	uint32_t index;

	return S_ISCHR(fd->stat.st_mode) && !(fd->flags & O_PATH) &&
	       (tty_is_master(fd->stat.st_rdev) || tty_type_of(fd->stat.st_rdev, &index) != TTY_TYPE__UNKNOWN);
}

/* --- dump --- */

static bool has_leader_of(const struct task_list *tasks, pid_t sid)
{
	const struct task *task;

	TAILQ_FOREACH(task, tasks, link)
		if (task->pid == sid && task->sid == sid)
			return true;
	return false;
}

static const char *state_problem(int fd, const struct tty *tty)
{
	struct kernel_termios termios;
	int discipline, exclusive = 0;

	if (tty->hung_up)
		return NULL;
	if (ioctl(fd, TIOCGETD, &discipline) == 0 && discipline != 0)
		return "its terminal has another line discipline than N_TTY";
	if (ioctl(fd, TTY_GET_TERMIOS, &termios) < 0)
		return "its terminal has hung up";
	if (!tty->pair && (ioctl(fd, TIOCGEXCL, &exclusive) < 0 || exclusive))
		return "its terminal is in exclusive mode (TIOCEXCL)";
	return NULL;
}

/* Who has the other end of it. */
static const char *owner_problem(struct dump *dump, const struct tty *tty)
{
	char holder[128] = "";

	if (tty->type == TTY_TYPE__PTY)
		tty_find_holder(NULL, tty->index, holder, sizeof(holder));
	return arena_printf(&dump->arena,
			    "the terminal belongs to a shell outside of the tree%s%s; dump and restore it with "
			    "--shell-job, or close it before the dump",
			    *holder ? ": its master is open in " : "", holder);
}

static const char *terminal_problem(struct dump *dump, const struct fd_info *fd, const struct tty *tty)
{
	if (tty->external || tty->pair || tty->hung_up || tty->master || tty_is_device(dump, tty))
		return NULL;
	if (!dump->options->shell_job)
		return owner_problem(dump, tty);
	if (tty->type == TTY_TYPE__CTTY && has_leader_of(&dump->tasks, fd->task->sid))
		return "the controlling terminal of a session that is in the tree cannot be kept by this build under "
		       "this name; close it before the dump";
	return NULL;
}

static int tty_survey(struct dump *dump, const struct fd_info *fd)
{
	const struct tty *tty = tty_look(dump, fd);
	_cleanup_close_ int duplicate = -EBADF;
	const char *problem;
	int ret;

	if (!tty)
		return -EIO;
	problem = terminal_problem(dump, fd, tty);
	if (problem) {
		dump_refuse(dump, fd->task, "%s: %s", fd_describe(dump, fd), problem);
		return 0;
	}
	ret = fd_duplicate(fd, &duplicate);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	problem = state_problem(duplicate, tty);
	if (problem)
		dump_refuse(dump, fd->task, "%s: %s, which cannot be kept by this build; close it before the dump",
			    fd_describe(dump, fd), problem);
	problem = tty_is_device(dump, tty) ? tty_device_problem(dump, tty, duplicate) : NULL;
	if (problem)
		dump_refuse(dump, fd->task, "%s: %s", fd_describe(dump, fd), problem);
	ret = tty->pair ? tty_survey_pair(dump, fd, tty) : 0;
	return ret < 0 ? ret : fd_owner_survey(dump, fd);
}

/* The path of the terminal is a file of its own. */
static int write_path(struct dump *dump, const struct fd_info *fd, bool is_own, uint32_t *ret_id)
{
	struct named_file file = { .name = fd->link, .stat = fd->stat };
	RegFileEntry reg = REG_FILE_ENTRY__INIT;
	FileEntry record = FILE_ENTRY__INIT;
	int ret;

	record.id = reg.id = dump_new_file_id(dump);
	record.type = FD_TYPES__REG;
	record.reg = &reg;
	reg.flags = fd->flags;
	/* What has hung up has no name any more, but had one. */
	reg.name = arena_strdup(&dump->arena, fd->link);
	proc_cut_deleted(reg.name);
	file_name_describe(dump, &file, fd->flags, &reg);
	ret = 0;
	if (!is_own)
		ret = file_name_fill(dump, &file, fd->flags, &reg);
	if (ret < 0)
		return ret;
	*ret_id = record.id;
	return dump_write_file(dump, &record);
}

/* No other way to open a file leaves the flag there. */
static bool is_opened_by_master(const struct fd_info *fd)
{
	_cleanup_close_ int duplicate = -EBADF;

	return fd_duplicate(fd, &duplicate) == 0 && fcntl(duplicate, F_GETFL) & O_CLOEXEC;
}

static int tty_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	TtyFileEntry *tty = arena_new(&dump->arena, TtyFileEntry);
	const struct tty *look = tty_look(dump, fd);
	bool is_new;
	int ret = 0;

	kind_state_get(&dump->kind_state, &dump->arena, &infos_key, 0, 1, &is_new);
	if (is_new)
		ret = tty_dump_infos(dump);
	tty_file_entry__init(tty);
	tty->id = record->id;
	tty->tty_info_id = look->id;
	tty->flags = fd->flags;
	tty->fown = fd_owner_dump(dump, fd);
	tty->has_by_master = tty->by_master = is_opened_by_master(fd);
	tty->has_regf_id = true;
	if (ret == 0)
		ret = write_path(dump, fd, look->pair || look->hung_up, &tty->regf_id);
	record->tty = tty;
	return ret;
}

/* --- restore --- */

/* A terminal of our own, to be opened again: what to call it in /proc, or NULL. */
static const char *own_terminal(void)
{
	static const char *const paths[] = { "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2" };
	_cleanup_close_ int fd = -EBADF;

	for (int i = 0; i < 3; i++)
		if (isatty(i))
			return paths[i];
	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fd >= 0 ? "/dev/tty" : NULL;
}

static const char *load_problem(const struct restore *restore, const struct tty_info *info)
{
	if (info->type == TTY_TYPE__EXT_TTY)
		return "it came from outside of the tree; give a terminal for it";
	if (info->sid && has_leader_of(&restore->tasks, (pid_t)info->sid))
		return "it controls a session that is in the tree, and no terminal of a shell can do that; give "
		       "another one";
	if (!restore->options->shell_job)
		return "it belongs to a shell outside of the tree; use --shell-job, or give a terminal for it";
	if (!own_terminal())
		return "there is no terminal here; run the restore from one, or give a terminal for it";
	return NULL;
}

static int tty_load(struct restore *restore, struct file *file)
{
	const TtyFileEntry *record = file->record->tty;
	char key[TTY_KEY_SIZE];
	struct tty_info *info;
	const char *problem;
	int ret;

	ret = tty_load_infos(restore);
	if (ret < 0)
		return ret;
	info = record ? tty_find_info(restore, record->tty_info_id) : NULL;
	if (!info || (record->flags & O_ACCMODE) == O_ACCMODE)
		return log_fail(-EBADMSG, "files.img: file %u is no proper terminal", file->id);
	file->object = info;
	if (tty_is_of_tree(restore, info))
		return tty_check_pair(restore, file, info);
	tty_format_key(key, info->rdev, info->dev);
	if (info->checked || restore_is_inherited(restore, key))
		return 0;
	if (tty_is_device_of_tree(restore, info)) {
		tty_check_device(restore, file, info);
		return 0;
	}
	info->checked = true;
	problem = load_problem(restore, info);
	if (problem)
		restore_refuse(restore, NULL, "terminal '%s': %s (--inherit-fd 'fd[N]:%s')", key, problem, key);
	return 0;
}

static int tty_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const TtyFileEntry *record = file->record->tty;
	struct tty_info *info = file->object;
	int fd, flags = (int)(record->flags & REOPEN_FLAGS);
	const char *path;
	char key[TTY_KEY_SIZE];

	if (tty_is_of_tree(restore, info))
		return tty_open_pair(restore, file, info, ret_fd);
	tty_format_key(key, info->rdev, info->dev);
	if (restore_is_inherited(restore, key)) {
		int ret = restore_reopen_inherited(restore, key, flags, ret_fd);

		return ret < 0 ? log_errno(ret, "terminal '%s': the inherited descriptor cannot be opened again", key)
			       : 0;
	}
	if (tty_is_device_of_tree(restore, info))
		return tty_open_device(restore, file, ret_fd);
	path = info->type == TTY_TYPE__CTTY ? "/dev/tty" : own_terminal();
	if (!path)
		return log_fail(-ENXIO, "terminal '%s': there is no terminal here any more", key);
	fd = open(path, flags | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return log_errno(errno, "terminal '%s': the terminal of this shell cannot be opened again", key);
	*ret_fd = fd;
	return 0;
}

/* Settings are given back by one task only: the first one that has the terminal, by its first descriptor. */
/* Is it in the table of a thread alone? */
static bool is_held_by_thread(const struct restore *restore, const struct task *task, const void *info)
{
	for (unsigned int i = 1; i < task->nr_threads; i++)
		for (unsigned int j = 0; j < task->threads[i].nr_fds; j++) {
			const struct fd_info *fd = &task->threads[i].fds[j];

			if (fd->kind == &tty_kind && restore_find_file(restore, fd->file_id)->object == info)
				return true;
		}
	return false;
}

static bool is_first_holder(const struct restore *restore, const struct task *task, int fd, const void *info)
{
	const struct task *other;

	TAILQ_FOREACH(other, &restore->tasks, link)
		for (unsigned int i = 0; i < other->nr_fds; i++) {
			const struct file *file;

			if (other->fds[i].kind != &tty_kind)
				continue;
			file = restore_find_file(restore, other->fds[i].file_id);
			if (file->object == info)
				return other == task && other->fds[i].fd == fd;
		}
	return is_held_by_thread(restore, task, info);
}

static bool is_group_of_tree(const struct restore *restore, uint32_t pgrp)
{
	const struct task *task;

	TAILQ_FOREACH(task, &restore->tasks, link)
		if (pgrp && task->pgid == (pid_t)pgrp)
			return true;
	return false;
}

static bool is_same_type(int fd, const struct tty_info *info)
{
	struct stat stat;
	uint32_t index;

	return fstat(fd, &stat) == 0 &&
	       (info->type == TTY_TYPE__EXT_TTY || tty_type_of(stat.st_rdev, &index) == info->type);
}

/* A terminal of a shell is no condition for going on: what it does not allow is told only. */
static void give_settings(const struct restore *restore, const struct task *task, int fd,
			  const struct tty_info *info)
{
	sigset_t block, before;

	sigemptyset(&block);
	sigaddset(&block, SIGTTOU);
	sigprocmask(SIG_BLOCK, &block, &before);
	if (info->has_termios && is_same_type(fd, info) && ioctl(fd, TTY_SET_TERMIOS, &info->termios) < 0)
		log_warn("task %d: descriptor %d: the settings of the terminal cannot be set: %s", task->pid,
			 fd, strerror(errno));
	if (is_group_of_tree(restore, info->pgrp) && tcsetpgrp(fd, (pid_t)info->pgrp) < 0)
		log_info("task %d: descriptor %d: group %u stays in the background: %s", task->pid, fd,
			 info->pgrp, strerror(errno));
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static int tty_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	const TtyFileEntry *record = file->record->tty;
	struct tty_info *info = file->object;

	if (tty_is_of_tree(restore, info))
		return fd_owner_restore(task, fd, record->fown, record->flags);
	if (info->sid && (pid_t)info->sid == task->pid && task->sid == task->pid && ioctl(fd, TIOCSCTTY, 0) < 0)
		return log_errno(errno, "task %d: descriptor %d: cannot be the controlling terminal of its session",
				 task->pid, fd);
	if (is_first_holder(restore, task, fd, info))
		give_settings(restore, task, fd, info);
	return fd_owner_restore(task, fd, record->fown, record->flags);
}

static int tty_finish(struct restore *restore, struct file *file)
{
	struct tty_info *info = file->object;

	return tty_is_of_tree(restore, info) ? tty_finish_pair(restore, file, info) : 0;
}

const struct fd_kind tty_kind = {
	.name = "tty",
	.type = FD_TYPES__TTY,
	.matches = tty_matches,
	.survey = tty_survey,
	.dump = tty_dump,
	.load = tty_load,
	.open = tty_open,
	.finish = tty_finish,
	.attach = tty_attach,
};
