// SPDX-License-Identifier: GPL-2.0-only
/* Directories of /proc and whole reads below them. */
#include "criu/kernel/proc/open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "criu/util/cleanup.h"
#include "criu/util/read-file.h"

static int open_directory(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int proc_open_task(pid_t pid)
{
	char name[32];

	snprintf(name, sizeof(name), "/proc/%d", pid);
	return open_directory(AT_FDCWD, name);
}

int proc_open_task_at(int proc_fd, pid_t pid)
{
	char name[32];

	snprintf(name, sizeof(name), "%d", pid);
	return open_directory(proc_fd, name);
}

int proc_open_thread(int task_fd, pid_t tid)
{
	char name[32];

	snprintf(name, sizeof(name), "task/%d", tid);
	return open_directory(task_fd, name);
}

int proc_read_file(int dir_fd, const char *name, size_t max, char **ret_data, size_t *ret_size)
{
	return read_file_at(dir_fd, name, max, ret_data, ret_size);
}

int proc_read_parsed(int dir_fd, const char *name, size_t max, proc_parse_function parse, void *ret)
{
	_cleanup_free_ char *data = NULL;
	size_t size;
	int error = read_file_at(dir_fd, name, max, &data, &size);

	return error < 0 ? error : parse(data, size, ret);
}
