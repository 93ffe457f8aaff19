// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of processes (pidfd_open(2)). Those of processes of the tree are opened when these are there, those of their
 * threads when these are. Those of processes that are gone are of one that we start and wait for, the same for all that were of one (the kernel's pidfs
 * tells, from Linux 6.9 on). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/kernel/proc/stat.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/fd/pidfd-thread.h"
#include "criu/objects/fd/unnamed.h"
#include "criu/objects/kinds.h"
#include "criu/objects/process-file.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/wait-status.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

const struct fd_kind pidfd_kind;

#define GONE (-1) /* in fdinfo and in records */

/* include/uapi/linux/pidfd.h of Linux 6.13, and what 6.15 added. */
struct process_info {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code;
};
#define GET_PROCESS_INFO _IOWR(0xFF, 11, struct process_info)
#define PROCESS_INFO_EXIT (1ULL << 3)

static bool pidfd_matches(const struct fd_info *fd)
{
	return strcmp(fd->link, "anon_inode:[pidfd]") == 0 || strncmp(fd->link, "pidfd:[", 7) == 0;
}

/* --- dump --- */

/* The first of the numbers: in the pid namespace of /proc, which is ours. */
static int take_line(void *context, const char *key, const char *value)
{
	if (strcmp(key, "Pid") == 0)
		*(pid_t *)context = atoi(value);
	return 0;
}

static int read_pid(struct dump *dump, const struct fd_info *fd, pid_t *ret_pid)
{
	int ret;

	*ret_pid = 0;
	ret = unnamed_read_fdinfo(fd, take_line, ret_pid);
	return ret < 0 ? log_errno(ret, "task %d: %s: cannot tell its process", fd->task->pid,
				   fd_describe(dump, fd))
		       : 0;
}

static const struct task *find_task(const struct task_list *tasks, pid_t pid)
{
	const struct task *task;

	TAILQ_FOREACH(task, tasks, link)
		if (task->pid == pid)
			return task;
	return NULL;
}

static const char *comm_of(struct dump *dump, pid_t pid)
{
	struct proc_stat stat = { 0 };
	_cleanup_close_ int dir = -EBADF;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", pid);
	dir = open(path, O_PATH | O_CLOEXEC);
	return dir >= 0 && proc_read_stat(dir, &stat) == 0 ? arena_strdup(&dump->arena, stat.comm) : "?";
}

static void refuse_outsider(struct dump *dump, const struct fd_info *fd, pid_t pid)
{
	if (!pid)
		dump_refuse(dump, fd->task,
			    "%s: its process is in another pid namespace, outside of the tree; close it before the dump",
			    fd_describe(dump, fd));
	else
		dump_refuse(dump, fd->task,
			    "%s: it is of process %d (%s), which is not in the tree; close it before the dump",
			    fd_describe(dump, fd), pid, comm_of(dump, pid));
}

static uint32_t flags_of(const struct fd_info *fd)
{
	return fd->flags & ~(uint32_t)O_RDWR;
}

static bool flags_possible(uint32_t flags)
{
	return unnamed_flags_possible(flags & ~(uint32_t)PIDFD_THREAD);
}

static int survey_thread(struct dump *dump, const struct fd_info *fd, pid_t tid)
{
	const char *problem = pidfd_thread_problem(dump, fd);

	if (problem)
		dump_refuse(dump, fd->task,
			    "%s: it is of thread %d (%s) of process %d: %s; close it before the dump",
			    fd_describe(dump, fd), tid, comm_of(dump, tid),
			    pidfd_find_thread(&dump->tasks, tid)->pid, problem);
	return 0;
}

static int pidfd_survey(struct dump *dump, const struct fd_info *fd)
{
	pid_t pid;
	int ret = read_pid(dump, fd, &pid);

	if (ret < 0)
		return ret;
	if (pid != GONE && !find_task(&dump->tasks, pid) && !pidfd_find_thread(&dump->tasks, pid))
		refuse_outsider(dump, fd, pid);
	if (!flags_possible(flags_of(fd)))
		dump_refuse(dump, fd->task, "%s: its flags (0%o) cannot be kept; close it before the dump",
			    fd_describe(dump, fd), fd->flags);
	ret = fd_owner_survey(dump, fd);
	return ret < 0 || !pidfd_find_thread(&dump->tasks, pid) ? ret : survey_thread(dump, fd, pid);
}

/* How the process ended, as wait(2) tells it: from Linux 6.15 on. */
static void keep_exit_status(const struct fd_info *fd, PidfdEntry *entry)
{
	struct process_info info = { .mask = PROCESS_INFO_EXIT };
	_cleanup_close_ int duplicate = -EBADF;

	if (fd_duplicate(fd, &duplicate) < 0 || ioctl(duplicate, GET_PROCESS_INFO, &info) < 0 ||
	    !(info.mask & PROCESS_INFO_EXIT))
		return;
	entry->has_exit_status = 1;
	entry->exit_status = (uint32_t)info.exit_code & 0xffff;
}

static int pidfd_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	PidfdEntry *entry = arena_new(&dump->arena, PidfdEntry);
	pid_t pid;
	int ret = read_pid(dump, fd, &pid);

	if (ret < 0)
		return ret;
	pidfd_entry__init(entry);
	entry->id = record->id;
	entry->ino = (uint32_t)fd->stat.st_ino;
	entry->has_inode = fd->stat.st_ino > UINT32_MAX;
	entry->inode = fd->stat.st_ino;
	entry->flags = flags_of(fd);
	entry->nspid = pid;
	if (pid == GONE)
		keep_exit_status(fd, entry);
	entry->fown = fd_owner_dump(dump, fd);
	record->pidfd = entry;
	return 0;
}

/* --- restore --- */

static int open_process(pid_t pid, const PidfdEntry *entry, int *ret_fd)
{
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, pid, entry->flags & PIDFD_THREAD);
	int ret = fd < 0 ? -errno : unnamed_set_flags(fd, entry->flags);

	if (ret < 0)
		return log_errno(ret, "file %u: cannot open process %d", entry->id, entry->nspid);
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int pidfd_load(struct restore *restore, struct file *file)
{
	const PidfdEntry *entry = file->record->pidfd;
	_cleanup_close_ int probe = -EBADF;

	if (!entry || !flags_possible(entry->flags) || (entry->nspid != GONE && entry->nspid <= 0) ||
	    !wait_status_is_end(entry->exit_status))
		return log_fail(-EBADMSG, "files.img: file %u is no proper process descriptor", file->id);
	if (pidfd_find_thread(&restore->tasks, entry->nspid)) {
		int ret = pidfd_thread_load(restore, file);

		if (ret < 0)
			return ret;
	} else if (entry->nspid != GONE && !find_task(&restore->tasks, entry->nspid))
		restore_refuse(restore, NULL, "file %u: it is of process %d, which is not in the images",
			       file->id, entry->nspid);
	if (!(entry->flags & PIDFD_THREAD))
		return 0;
	probe = (int)syscall(SYS_pidfd_open, getpid(), PIDFD_THREAD);
	if (probe < 0)
		restore_refuse(restore, NULL,
			       "file %u: this kernel has no descriptors of threads (PIDFD_THREAD)", file->id);
	return 0;
}

static uint64_t inode_of(const PidfdEntry *entry)
{
	return entry->has_inode ? entry->inode : entry->ino;
}

/* All that were of one process, while it can be named. Zombies can. */
static int open_group(struct restore *restore, const struct file *first, pid_t pid)
{
	uint64_t inode = inode_of(first->record->pidfd);
	int ret = 0;

	for (size_t i = 0; i < restore->nr_files && ret == 0; i++) {
		struct file *file = &restore->files[i];
		const PidfdEntry *entry = file->record->pidfd;
		int fd = -EBADF;

		if (!file->wanted || file->fd >= 0 || file == first || file->kind != &pidfd_kind ||
		    entry->nspid != GONE || inode_of(entry) != inode)
			continue;
		ret = open_process(pid, entry, &fd);
		if (ret < 0)
			break;
		file->fd = restore_service_fd(restore, fd);
		if (file->fd < 0)
			ret = log_errno(file->fd, "file %u: cannot be moved to a free number", file->id);
	}
	return ret;
}

static int open_gone(struct restore *restore, const struct file *file, int *ret_fd)
{
	const PidfdEntry *entry = file->record->pidfd;
	pid_t pid = fork();
	int ret;

	if (pid < 0)
		return log_errno(errno, "file %u: cannot start a process to be gone", entry->id);
	if (pid == 0)
		wait_status_end(entry->exit_status, true);
	ret = open_group(restore, file, pid);
	if (ret == 0)
		ret = open_process(pid, entry, ret_fd);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return ret;
}

static int pidfd_open_file(struct restore *restore, struct file *file, int *ret_fd)
{
	const PidfdEntry *entry = file->record->pidfd;

	if (entry->nspid == GONE)
		return open_gone(restore, file, ret_fd);
	return process_file_reserve(restore, "pidfd", ret_fd);
}

/* And not of one that is gone, or of a thread, which is not there yet. */
static bool is_of_process(const struct restore *restore, const PidfdEntry *entry)
{
	return entry->nspid != GONE && !pidfd_find_thread(&restore->tasks, entry->nspid);
}

static int pidfd_reopen(struct restore *restore, struct file *file)
{
	const PidfdEntry *entry = file->record->pidfd;
	int ret, fd = -EBADF;

	if (!is_of_process(restore, entry))
		return 0;
	ret = open_process(entry->nspid, entry, &fd);
	if (ret < 0)
		return ret;
	ret = process_file_replace(file, fd);
	return ret < 0 ? log_errno(ret, "file %u: process %d cannot take its number", file->id, entry->nspid) : 0;
}

static int pidfd_fetch(struct restore *restore, const struct file *file)
{
	int ret = is_of_process(restore, file->record->pidfd) ? process_file_fetch(restore, file, file->fd) : 0;

	return ret < 0 ? log_errno(ret, "file %u (pidfd): cannot be fetched", file->id) : 0;
}

static int pidfd_finish(struct restore *restore, struct file *file)
{
	return pidfd_find_thread(&restore->tasks, file->record->pidfd->nspid) ? pidfd_thread_open(restore, file)
									      : 0;
}

static int pidfd_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	if (pidfd_find_thread(&restore->tasks, file->record->pidfd->nspid))
		return 0;
	return fd_owner_restore(task, fd, file->record->pidfd->fown, file->record->pidfd->flags);
}

const struct fd_kind pidfd_kind = {
	.name = "pidfd",
	.type = FD_TYPES__PIDFD,
	.matches = pidfd_matches,
	.survey = pidfd_survey,
	.dump = pidfd_dump,
	.load = pidfd_load,
	.open = pidfd_open_file,
	.reopen = pidfd_reopen,
	.finish = pidfd_finish,
	.fetch = pidfd_fetch,
	.attach = pidfd_attach,
};
