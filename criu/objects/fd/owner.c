// SPDX-License-Identifier: GPL-2.0-only
/* Who gets the signals of an open file: F_SETOWN, F_SETSIG, O_ASYNC. Base of all kinds of descriptors. */
#include "criu/objects/fd/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>

#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif
#ifndef F_GETOWNER_UIDS
#define F_GETOWNER_UIDS 17
#endif

static const char owner_key;

/* Of a thread that is no leader it takes Linux 6.9. */
static int open_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd >= 0 || errno == ESRCH ? fd : (int)syscall(SYS_pidfd_open, pid, PIDFD_THREAD);
}

int fd_duplicate(const struct fd_info *fd, int *ret_fd)
{
	_cleanup_close_ int pidfd = open_pidfd(fd->task->pid);
	int duplicate;

	if (pidfd < 0)
		return -errno;
	duplicate = (int)syscall(SYS_pidfd_getfd, pidfd, fd->fd, 0);
	if (duplicate < 0)
		return -errno;
	*ret_fd = duplicate;
	return 0;
}

/* --- dump --- */

static int read_owner(int fd, FownEntry *owner)
{
	struct f_owner_ex who = { 0 };
	uid_t uids[2] = { 0 };
	int signal;

	if (fcntl(fd, F_GETOWN_EX, &who) < 0)
		return -errno;
	signal = fcntl(fd, F_GETSIG);
	if (signal < 0)
		return -errno;
	owner->signum = (uint32_t)signal;
	if (!who.pid)
		return 0;
	if (fcntl(fd, F_GETOWNER_UIDS, uids) < 0)
		return -errno;
	owner->pid_type = (uint32_t)who.type;
	owner->pid = (uint32_t)who.pid;
	owner->uid = uids[0];
	owner->euid = uids[1];
	return 0;
}

/* Why events cannot be sent to the owner after a restore, or NULL. */
static const char *owner_problem(const struct dump *dump, const FownEntry *owner)
{
	const struct task *task;

	if (!owner->pid)
		return NULL;
	if (owner->pid_type == F_OWNER_TID)
		return "sends its signals to one thread";
	TAILQ_FOREACH(task, &dump->tasks, link) {
		pid_t id = owner->pid_type == F_OWNER_PGRP ? task->pgid : task->pid;

		if (id == (pid_t)owner->pid && task->state != TASK_DEAD)
			return NULL;
	}
	return "sends its signals to somebody outside of the tree";
}

int fd_owner_survey(struct dump *dump, const struct fd_info *fd)
{
	FownEntry found = FOWN_ENTRY__INIT, *kept;
	_cleanup_close_ int duplicate = -EBADF;
	const char *problem;
	int ret;

	if (fd->flags & O_PATH)
		return 0;
	ret = fd_duplicate(fd, &duplicate);
	if (ret == 0)
		ret = read_owner(duplicate, &found);
	if (ret < 0)
		return log_errno(ret, "task %d: cannot tell who owns %s", fd->task->pid, fd_describe(dump, fd));
	if (!found.pid && !found.signum)
		return 0;
	problem = owner_problem(dump, &found);
	if (problem)
		dump_refuse(dump, fd->task,
			    "%s: it %s (F_SETOWN: %u), which cannot be kept by this build; close it "
			    "or clear its owner before the dump",
			    fd_describe(dump, fd), problem, found.pid);
	kept = kind_state_get(&dump->kind_state, &dump->arena, &owner_key, fd->file_id, sizeof(*kept), NULL);
	*kept = found;
	return 0;
}

FownEntry *fd_owner_dump(struct dump *dump, const struct fd_info *fd)
{
	FownEntry *owner = kind_state_find(&dump->kind_state, &owner_key, fd->file_id);

	if (owner)
		return owner;
	owner = arena_new(&dump->arena, FownEntry);
	fown_entry__init(owner);
	return owner;
}

/* --- restore --- */

/* The kernel remembers the user ids of who calls F_SETOWN and checks them when it sends the signal. */
static int set_owner_as(int fd, const FownEntry *owner)
{
	struct f_owner_ex who = { .type = (int)owner->pid_type, .pid = (pid_t)owner->pid };
	uid_t real, effective, saved;
	int error = 0;

	if (getresuid(&real, &effective, &saved) < 0)
		return -errno;
	if (owner->uid == real && owner->euid == effective)
		return fcntl(fd, F_SETOWN_EX, &who) < 0 ? -errno : 0;
	/* Raw: of this thread only. The saved id is the way back. */
	if (syscall(SYS_setresuid, owner->uid, owner->euid, effective) < 0)
		return -errno;
	if (fcntl(fd, F_SETOWN_EX, &who) < 0)
		error = -errno;
	if (syscall(SYS_setresuid, -1, effective, -1) < 0 || syscall(SYS_setresuid, real, -1, saved) < 0)
		return -errno;
	return error;
}

int fd_owner_restore(const struct task *task, int fd, const FownEntry *owner, uint32_t flags)
{
	int ret, now;

	if (flags & O_PATH)
		return 0;
	if (owner && owner->signum && fcntl(fd, F_SETSIG, owner->signum) < 0)
		return log_errno(errno, "task %d: descriptor %d: cannot set its signal to %u (F_SETSIG)",
				 task->pid, fd, owner->signum);
	ret = owner && owner->pid ? set_owner_as(fd, owner) : 0;
	if (ret < 0)
		return log_errno(ret, "task %d: descriptor %d: cannot give it to process %u (F_SETOWN)",
				 task->pid, fd, owner->pid);
	if (!(flags & O_ASYNC))
		return 0;
	now = fcntl(fd, F_GETFL);
	if (now < 0 || fcntl(fd, F_SETFL, now | O_ASYNC) < 0)
		return log_errno(errno, "task %d: descriptor %d: cannot set O_ASYNC", task->pid, fd);
	return 0;
}
