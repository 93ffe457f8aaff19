// SPDX-License-Identifier: GPL-2.0-only
/* Files below /proc/PID of processes in the tree. They are opened by the process that runs the restore when all tasks
 * exist, at numbers that were reserved before; each task that has one fetches it from there. */
#include "criu/objects/process-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/objects/file-name.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define PROC "/proc/"

static const char opener_key;

/* The process of "/proc/PID..."; 0: none. */
static pid_t process_of(const char *name)
{
	char *end;
	long pid;

	if (strncmp(name, PROC, strlen(PROC)) != 0 || name[strlen(PROC)] < '1' || name[strlen(PROC)] > '9')
		return 0;
	pid = strtol(name + strlen(PROC), &end, 10);
	return (*end == '/' || *end == '\0') && pid <= INT32_MAX ? (pid_t)pid : 0;
}

static const struct task *find_task(const struct task_list *tasks, pid_t pid)
{
	const struct task *task;

	TAILQ_FOREACH(task, tasks, link)
		if (pid && task->pid == pid && task->state != TASK_DEAD)
			return task;
	return NULL;
}

/* "/task/TID" of another thread than the leader, which is made last. */
static bool is_of_thread(const char *name, pid_t pid)
{
	const char *task = strstr(name, "/task/");

	return task && strtol(task + 6, NULL, 10) != pid;
}

const char *process_file_problem(struct dump *dump, const struct named_file *file)
{
	pid_t pid = process_of(file->name);

	if (!pid)
		return "files of a process can only be kept when its /proc is mounted at /proc";
	if (!find_task(&dump->tasks, pid))
		return arena_printf(&dump->arena,
				    "this file of /proc belongs to process %d, who is not in the tree", pid);
	if (is_of_thread(file->name, pid))
		return "files of /proc that belong to a thread cannot be kept";
	if (strncmp(file->proc_link, "fd/", 3) != 0)
		return "a directory of a process in /proc cannot be kept in this role";
	return NULL;
}

bool process_file_is(const struct restore *restore, const RegFileEntry *record)
{
	return find_task(&restore->tasks, process_of(record->name)) != NULL;
}

/* Who opens the files: a pidfd in the service range. */
static int *opener_of(const struct restore *restore)
{
	return kind_state_find(&restore->kind_state, &opener_key, 0);
}

static int prepare_opener(struct restore *restore)
{
	bool is_new;
	int *opener = kind_state_get(&restore->kind_state, &restore->arena, &opener_key, 0, sizeof(*opener),
				     &is_new);

	if (!is_new)
		return 0;
	*opener = (int)syscall(SYS_pidfd_open, getpid(), 0);
	*opener = *opener < 0 ? -errno : restore_service_fd(restore, *opener);
	return *opener < 0 ? *opener : 0;
}

int process_file_reserve(struct restore *restore, const char *name, int *ret_fd)
{
	int fd, ret = prepare_opener(restore);

	if (ret < 0)
		return log_errno(ret, "file '%s': cannot be prepared", name);
	fd = open("/", O_PATH | O_CLOEXEC);
	if (fd < 0)
		return log_errno(errno, "file '%s': no number can be reserved", name);
	*ret_fd = fd;
	return 0;
}

int process_file_replace(const struct file *file, int fd)
{
	int ret = dup3(fd, file->fd, O_CLOEXEC) < 0 ? -errno : 0;

	close(fd);
	return ret;
}

int process_file_fetch(const struct restore *restore, const struct file *file, int fd)
{
	int flags = fcntl(fd, F_GETFD), fetched, ret = 0;

	fetched = (int)syscall(SYS_pidfd_getfd, *opener_of(restore), file->fd, 0);
	if (fetched < 0)
		return -errno;
	if (dup3(fetched, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0) < 0)
		ret = -errno;
	close(fetched);
	return ret;
}
