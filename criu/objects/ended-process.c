// SPDX-License-Identifier: GPL-2.0-only
/* Files of /proc whose process has ended. For a moment there is one with its pid again, so that they can be opened. */
#include "criu/objects/ended-process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/kernel/proc/link.h"
#include "criu/objects/file-name.h"
#include "criu/objects/ghost.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define PROC "/proc/"

static const char pid_key;

static pid_t process_of(const char *name)
{
	char *end;
	long pid;

	if (strncmp(name, PROC, strlen(PROC)) != 0 || name[strlen(PROC)] < '1' || name[strlen(PROC)] > '9')
		return 0;
	pid = strtol(name + strlen(PROC), &end, 10);
	if (strncmp(end, "/task/", 6) == 0 && strtol(end + 6, NULL, 10) != pid)
		return 0;
	return (*end == '/' || *end == '\0') && pid <= INT32_MAX ? (pid_t)pid : 0;
}

/* --- dump --- */

static bool is_on_proc(const struct named_file *file)
{
	_cleanup_close_ int fd = openat(file->proc_fd, file->proc_link, O_PATH | O_CLOEXEC);
	struct statfs found;

	return fd >= 0 && fstatfs(fd, &found) == 0 && found.f_type == PROC_SUPER_MAGIC;
}

const char *ended_process_name(struct dump *dump, const struct named_file *file)
{
	char *name;
	pid_t pid;

	if (strncmp(file->name, PROC, strlen(PROC)) != 0 || strncmp(file->proc_link, "fd/", 3) != 0)
		return NULL;
	name = arena_strdup(&dump->arena, file->name);
	proc_cut_deleted(name);
	pid = process_of(name);
	return pid && kill(pid, 0) < 0 && errno == ESRCH && is_on_proc(file) ? name : NULL;
}

int ended_process_dump(struct dump *dump, const RegFileEntry *record)
{
	return remap_write(dump, record->id, REMAP_TYPE__PROCFS, (uint32_t)process_of(record->name));
}

/* --- restore --- */

static bool is_in_tree(const struct restore *restore, pid_t pid)
{
	const struct task *task;

	TAILQ_FOREACH(task, &restore->tasks, link)
		for (unsigned int i = 0; i < task->nr_threads; i++)
			if (task->threads[i].tid == pid)
				return true;
	return false;
}

int ended_process_load(struct restore *restore, const RegFileEntry *record, uint32_t id)
{
	pid_t pid = process_of(record->name), *known;

	if (!pid || (uint32_t)pid != id)
		return log_fail(-EBADMSG, "remap-fpath.img: file %u ('%s') does not belong to process %u",
				record->id, record->name, id);
	known = kind_state_get(&restore->kind_state, &restore->arena, &pid_key, record->id, sizeof(*known), NULL);
	*known = pid;
	if (is_in_tree(restore, pid) || kill(pid, 0) == 0 || errno != ESRCH)
		restore_refuse(restore, NULL,
			       "file '%s': its process had ended, and somebody else has the pid now; end that one, or "
			       "restore in a new pid namespace",
			       record->name);
	return 0;
}

bool ended_process_is(const struct restore *restore, const RegFileEntry *record)
{
	return kind_state_find(&restore->kind_state, &pid_key, record->id) != NULL;
}

int ended_process_start(const struct restore *restore, const RegFileEntry *record, pid_t *ret_pid)
{
	pid_t wanted = *(pid_t *)kind_state_find(&restore->kind_state, &pid_key, record->id), us = getpid();
	struct clone_args arguments = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&wanted,
		.set_tid_size = 1,
	};
	long pid = syscall(SYS_clone3, &arguments, sizeof(arguments));

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == us)
			pause();
		_exit(EXIT_FAILURE);
	}
	if (pid < 0)
		return log_errno(errno, "file '%s': no process with its pid can be made", record->name);
	*ret_pid = (pid_t)pid;
	return 0;
}

void ended_process_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
