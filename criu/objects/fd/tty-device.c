// SPDX-License-Identifier: GPL-2.0-only
/* Virtual terminals, serial lines and the console, where they are no terminals of a shell outside of the tree: the device stays,
 * and is opened again by name. */
#include <errno.h>
#include <fcntl.h>
#include <linux/vt.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/kernel/proc/stat.h"
#include "criu/model/sessions.h"
#include "criu/objects/fd/tty-internal.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define REOPEN_FLAGS (O_ACCMODE | O_APPEND | O_NONBLOCK | O_NOATIME)

static bool is_device(TtyType type)
{
	return type == TTY_TYPE__VT || type == TTY_TYPE__SERIAL || type == TTY_TYPE__CONSOLE;
}

/* --- dump --- */

bool tty_is_device(const struct dump *dump, const struct tty *tty)
{
	return is_device(tty->type) && !tty->external && !tty->hung_up && !dump->options->shell_job;
}

static bool controls_outside(const struct dump *dump, unsigned int device)
{
	const struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		if (task->stat && (unsigned int)task->stat->tty_nr == device &&
		    !session_has_leader(&dump->tasks, task->sid))
			return true;
	return false;
}

const char *tty_device_problem(const struct dump *dump, const struct tty *tty, int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	struct vt_mode mode = { 0 };
	unsigned int device = 0;

	if (ioctl(fd, TIOCGDEV, &device) == 0 && controls_outside(dump, device))
		return "it is the terminal of a session whose leader is outside of the tree; dump and restore it with "
		       "--shell-job, or close it before the dump";
	if (tty->type == TTY_TYPE__VT && ioctl(fd, VT_GETMODE, &mode) == 0 && mode.mode != VT_AUTO)
		return "a process switches this virtual terminal (VT_PROCESS), which cannot be kept; set VT_AUTO before "
		       "the dump";
	if (poll(&poller, 1, 0) == 1 && poller.revents & POLLIN)
		return "input waits in this device, which cannot be kept; read it before the dump";
	return NULL;
}

/* --- restore --- */

bool tty_is_device_of_tree(const struct restore *restore, const struct tty_info *info)
{
	return is_device(info->type) && !restore->options->shell_job;
}

static const char *path_of(const struct restore *restore, const struct file *file)
{
	const TtyFileEntry *record = file->record->tty;
	const struct file *path = record->has_regf_id ? restore_find_file(restore, record->regf_id) : NULL;

	return path && path->record->reg ? path->record->reg->name : "?";
}

void tty_check_device(struct restore *restore, struct file *file, struct tty_info *info)
{
	const char *path = path_of(restore, file);
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != info->rdev) {
		restore_refuse(restore, NULL, "terminal '%s': is not there, or is another device here", path);
		return;
	}
	if (!info->master)
		info->master = file;
}

/* Not waiting for the carrier of a line (CLOCAL of termios(3)). */
int tty_open_device(const struct restore *restore, const struct file *file, int *ret_fd)
{
	const char *path = path_of(restore, file);
	int flags = (int)(file->record->tty->flags & REOPEN_FLAGS);
	_cleanup_close_ int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || fcntl(fd, F_SETFL, flags) < 0)
		return log_errno(errno, "terminal '%s': cannot be opened", path);
	*ret_fd = steal_fd(&fd);
	return 0;
}
