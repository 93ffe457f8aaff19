// SPDX-License-Identifier: GPL-2.0-only
/* Numbers and names of terminals, and who else has one. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "criu/kernel/proc/list.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/objects/fd/tty-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41)
#endif

static const struct {
	TtyType type;
	unsigned int major, first_minor, last_minor;
	uint32_t index;
} devices[] = {
	{ TTY_TYPE__CTTY, 5, 0, 0, 1006 },
	{ TTY_TYPE__CONSOLE, 5, 1, 1, 1002 },
	{ TTY_TYPE__VT, 4, 0, 63, 1004 },
	{ TTY_TYPE__SERIAL, 4, 64, 255, 1010 },
};

TtyType tty_type_of(dev_t device, uint32_t *ret_index)
{
	if (major(device) == 136) {
		*ret_index = minor(device);
		return TTY_TYPE__PTY;
	}
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		if (major(device) == devices[i].major && minor(device) >= devices[i].first_minor &&
		    minor(device) <= devices[i].last_minor) {
			*ret_index = devices[i].index;
			return devices[i].type;
		}
	return TTY_TYPE__UNKNOWN;
}

bool tty_is_master(dev_t device)
{
	return major(device) == 5 && minor(device) == 2;
}

void tty_format_key(char key[TTY_KEY_SIZE], uint64_t rdev, uint64_t dev)
{
	snprintf(key, TTY_KEY_SIZE, "tty[%" PRIx64 ":%" PRIx64 "]", rdev, dev);
}

/* Beside the master in its instance, or in "pts" beside it: pty(7), kernel: fs/devpts/inode.c, devpts_ptmx_path(). */
void tty_format_node(char node[TTY_NODE_SIZE], const char *ptmx, uint32_t index)
{
	const char *slash = strrchr(ptmx, '/');
	int length = slash ? (int)(slash - ptmx) : 0;
	struct statfs statfs_of_ptmx;

	length = MIN(length, TTY_NODE_SIZE - 32);
	if (statfs(ptmx, &statfs_of_ptmx) == 0 && statfs_of_ptmx.f_type == DEVPTS_SUPER_MAGIC)
		snprintf(node, TTY_NODE_SIZE, "%.*s/%u", length, ptmx, index);
	else
		snprintf(node, TTY_NODE_SIZE, "%.*s/pts/%u", length, ptmx, index);
}

/* With O_CLOEXEC that would be a flag of the file, for all descriptors of it. */
int tty_open_slave(int master, int flags)
{
	int fd = ioctl(master, TIOCGPTPEER, flags | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	return fd;
}

/* --- who else --- */

/* The number of a master is in its fdinfo. */
bool tty_is_master_of(int task_fd, int fd, uint32_t index)
{
	char name[32], text[1024];
	const char *line;
	_cleanup_close_ int file = -EBADF;
	ssize_t got;

	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	file = openat(task_fd, name, O_RDONLY | O_CLOEXEC);
	got = file < 0 ? -1 : read(file, text, sizeof(text) - 1);
	if (got <= 0)
		return false;
	text[got] = '\0';
	line = strstr(text, "tty-index:");
	return line && strtoul(line + strlen("tty-index:"), NULL, 10) == index;
}

static bool has_terminal(int task_fd, const struct proc_fd *link, const char *node, uint32_t index)
{
	const char *slash = strrchr(link->target, '/');

	/* It may have hung up, and keeps its number nevertheless. */
	if (node && strncmp(link->target, node, strlen(node)) == 0 &&
	    strspn(link->target + strlen(node), "0123456789") == 0)
		return true;
	return slash && strcmp(slash, "/ptmx") == 0 && tty_is_master_of(task_fd, link->fd, index);
}

static bool find_in_process(int proc_fd, pid_t pid, const char *node, uint32_t index, char *ret_text, size_t size)
{
	_cleanup_close_ int task_fd = proc_open_task_at(proc_fd, pid);
	_cleanup_proc_fds_ struct proc_fds fds = { 0 };
	struct proc_stat stat = { 0 };

	if (task_fd < 0 || proc_read_fds(task_fd, &fds) < 0)
		return false;
	for (size_t i = 0; i < fds.count; i++) {
		if (!has_terminal(task_fd, &fds.items[i], node, index))
			continue;
		snprintf(ret_text, size, "pid %d (%s, descriptor %d)", pid,
			 proc_read_stat(task_fd, &stat) == 0 ? stat.comm : "?", fds.items[i].fd);
		return true;
	}
	return false;
}

void tty_find_holder(const char *node, uint32_t index, char *ret_text, size_t size)
{
	_cleanup_close_ int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_proc_pids_ struct proc_pids pids = { 0 };

	*ret_text = '\0';
	if (proc_fd < 0 || proc_read_tasks(proc_fd, &pids) < 0)
		return;
	for (size_t i = 0; i < pids.count; i++)
		if (find_in_process(proc_fd, pids.ids[i], node, index, ret_text, size))
			return;
}
