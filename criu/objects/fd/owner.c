// SPDX-License-Identifier: GPL-2.0-only
/* What fcntl gives to any open file: who gets its signals (F_SETOWN, F_SETSIG, O_ASYNC), and how long what is written to
 * it is going to live (F_SET_RW_HINT). Base of all kinds of descriptors. */
#include "criu/objects/fd/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>

#include <compel/compel.h>

#include "criu/model/fd-walk.h"
#include "criu/objects/kinds.h"
#include "criu/objects/outside.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif
#ifndef F_GETOWNER_UIDS
#define F_GETOWNER_UIDS 17
#endif

#define HINT_MAX 5 /* RWH_WRITE_LIFE_EXTREME */

static const char owner_key;

int fd_open_table(pid_t tid)
{
	int fd = (int)syscall(SYS_pidfd_open, tid, 0);

	if (fd < 0 && errno != ESRCH)
		fd = (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
	return fd < 0 ? -errno : fd;
}

int fd_duplicate(const struct fd_info *fd, int *ret_fd)
{
	const struct compel_process *process = fd->task->compel;
	bool known = process && process->pid == fd->task->pid && process->pidfd >= 0;
	_cleanup_close_ int pidfd = known ? -EBADF : fd_open_table(fd->task->pid);
	int duplicate;

	if (!known && pidfd < 0)
		return pidfd;
	duplicate = (int)syscall(SYS_pidfd_getfd, known ? process->pidfd : pidfd, fd->fd, 0);
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

/* Not every file has hints (EINVAL), and Linux 5.17 took those of descriptions away. */
static int read_hint(int fd, int command, protobuf_c_boolean *ret_has, uint32_t *ret_hint)
{
	uint64_t hint = 0;

	if (fcntl(fd, command, &hint) < 0)
		return errno == EINVAL ? 0 : -errno;
	*ret_has = hint != 0;
	*ret_hint = (uint32_t)hint;
	return 0;
}

static int read_hints(int fd, FownEntry *owner)
{
	int ret = read_hint(fd, F_GET_RW_HINT, &owner->has_inode_hint, &owner->inode_hint);

	return ret < 0 ? ret : read_hint(fd, F_GET_FILE_RW_HINT, &owner->has_file_hint, &owner->file_hint);
}

static bool owns(const struct task *task, const FownEntry *owner)
{
	pid_t id = (pid_t)owner->pid;

	if (owner->pid_type == F_OWNER_PGRP)
		return task->pgid == id;
	if (owner->pid_type == F_OWNER_PID)
		return task->pid == id;
	for (unsigned int i = 0; i < task->nr_threads; i++)
		if (task->threads[i].tid == id)
			return true;
	return false;
}

static bool is_owned_inside(const struct task_list *tasks, const FownEntry *owner)
{
	const struct task *task;

	TAILQ_FOREACH(task, tasks, link)
		if (task->state != TASK_DEAD && owns(task, owner))
			return true;
	return false;
}

static const char *describe_owner(struct dump *dump, const FownEntry *owner)
{
	if (owner->pid_type == F_OWNER_PGRP)
		return arena_printf(&dump->arena, "process group %u", owner->pid);
	return outside_describe(&dump->arena, (pid_t)owner->pid);
}

int fd_owner_survey(struct dump *dump, const struct fd_info *fd)
{
	FownEntry found = FOWN_ENTRY__INIT, *kept;
	_cleanup_close_ int duplicate = -EBADF;
	int ret;

	if (fd->flags & O_PATH)
		return 0;
	ret = fd_duplicate(fd, &duplicate);
	if (ret == 0)
		ret = read_owner(duplicate, &found);
	if (ret == 0)
		ret = read_hints(duplicate, &found);
	if (ret < 0)
		return log_errno(ret, "task %d: cannot tell who owns %s", fd->task->pid, fd_describe(dump, fd));
	if (!found.pid && !found.signum && !found.has_inode_hint && !found.has_file_hint)
		return 0;
	if (found.pid && !is_owned_inside(&dump->tasks, &found))
		dump_refuse(dump, fd->task,
			    "%s: it sends its signals to %s outside of the tree (F_SETOWN); close it "
			    "or clear its owner before the dump",
			    fd_describe(dump, fd), describe_owner(dump, &found));
	if (found.pid && S_ISDIR(fd->stat.st_mode))
		dump_refuse(dump, fd->task,
			    "%s: it may be watched by F_NOTIFY, which makes the watcher its owner, and the events "
			    "cannot be read; close it or clear its owner (F_SETOWN) before the dump",
			    fd_describe(dump, fd));
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

/* The hint of an inode is there already if that has been in use all the time, and not everybody may set it. */
static int set_hint(int fd, int get, int set, uint32_t wanted)
{
	uint64_t hint = 0;

	if (fcntl(fd, get, &hint) == 0 && hint == wanted)
		return 0;
	hint = wanted;
	return fcntl(fd, set, &hint) < 0 ? -errno : 0;
}

static int set_hints(const struct task *task, int fd, const FownEntry *owner)
{
	int ret = 0;

	if (owner->has_inode_hint)
		ret = set_hint(fd, F_GET_RW_HINT, F_SET_RW_HINT, owner->inode_hint);
	if (ret < 0)
		return log_errno(ret, "task %d: descriptor %d: cannot set its hint to %u (F_SET_RW_HINT)",
				 task->pid, fd, owner->inode_hint);
	if (owner->has_file_hint)
		ret = set_hint(fd, F_GET_FILE_RW_HINT, F_SET_FILE_RW_HINT, owner->file_hint);
	if (ret == -EINVAL) {
		log_warn("task %d: descriptor %d: its hint is %u, but this kernel has hints of inodes only "
			 "(F_SET_FILE_RW_HINT)",
			 task->pid, fd, owner->file_hint);
		ret = 0;
	}
	return ret < 0 ? log_errno(ret, "task %d: descriptor %d: cannot set its hint to %u (F_SET_FILE_RW_HINT)",
				   task->pid, fd, owner->file_hint)
		       : 0;
}

int fd_owner_restore(const struct task *task, int fd, const FownEntry *owner, uint32_t flags)
{
	int ret, now;

	if (flags & O_PATH)
		return 0;
	ret = owner ? set_hints(task, fd, owner) : 0;
	if (ret < 0)
		return ret;
	if (owner && owner->signum && fcntl(fd, F_SETSIG, owner->signum) < 0)
		return log_errno(errno, "task %d: descriptor %d: cannot set its signal to %u (F_SETSIG)",
				 task->pid, fd, owner->signum);
	/* Threads come later. */
	ret = owner && owner->pid && owner->pid_type != F_OWNER_TID ? set_owner_as(fd, owner) : 0;
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

/* --- threads: exist when all of the tree waits for the handover --- */

struct thread_owners {
	const struct file **files;
	size_t nr;
};

static const FownEntry *owner_of(const struct restore *restore, const struct file *file)
{
	const FileEntry *record = file->record;
	const struct file *path;

	switch (record->type) {
	case FD_TYPES__REG:
	case FD_TYPES__TUNF:
		return record->reg ? record->reg->fown : NULL;
	case FD_TYPES__PIPE:
		return record->pipe ? record->pipe->fown : NULL;
	case FD_TYPES__TTY:
		return record->tty ? record->tty->fown : NULL;
	case FD_TYPES__MEMFD:
		return record->memfd ? record->memfd->fown : NULL;
	case FD_TYPES__EVENTFD:
		return record->efd ? record->efd->fown : NULL;
	case FD_TYPES__SIGNALFD:
		return record->sgfd ? record->sgfd->fown : NULL;
	case FD_TYPES__TIMERFD:
		return record->tfd ? record->tfd->fown : NULL;
	case FD_TYPES__PIDFD:
		return record->pidfd ? record->pidfd->fown : NULL;
	case FD_TYPES__NS:
		return record->nsf ? record->nsf->fown : NULL;
	case FD_TYPES__BPFMAP:
		return record->bpf ? record->bpf->fown : NULL;
	case FD_TYPES__MQUEUE_FD:
		return record->mqueue ? record->mqueue->fown : NULL;
	case FD_TYPES__FIFO:
		path = record->fifo ? restore_find_file(restore, record->fifo->regf_id) : NULL;
		return path && path->record->reg ? path->record->reg->fown : NULL;
	case FD_TYPES__EVENTPOLL:
		return record->epfd ? record->epfd->fown : NULL;
	case FD_TYPES__INOTIFY:
		return record->ify ? record->ify->fown : NULL;
	case FD_TYPES__FANOTIFY:
		return record->ffy ? record->ffy->fown : NULL;
	case FD_TYPES__UNIXSK:
		return record->usk ? record->usk->fown : NULL;
	case FD_TYPES__INETSK:
		return record->isk ? record->isk->fown : NULL;
	case FD_TYPES__PACKETSK:
		return record->psk ? record->psk->fown : NULL;
	case FD_TYPES__NETLINKSK:
		return record->nlsk ? record->nlsk->fown : NULL;
	default:
		return NULL;
	}
}

static const struct thread_owners *owned_by_threads(struct restore *restore)
{
	struct thread_owners *owned;
	bool is_new;

	owned = kind_state_get(&restore->kind_state, &restore->arena, &owner_key, 0, sizeof(*owned), &is_new);
	for (size_t i = 0; is_new && i < restore->nr_files; i++) {
		const FownEntry *owner = restore->files[i].wanted ? owner_of(restore, &restore->files[i]) : NULL;

		if (!owner || !owner->pid || owner->pid_type != F_OWNER_TID)
			continue;
		if (!owned->files)
			owned->files = arena_array(&restore->arena, const struct file *, restore->nr_files);
		owned->files[owned->nr++] = &restore->files[i];
	}
	return owned;
}

static bool is_possible(const FownEntry *owner)
{
	return (!owner->pid || owner->pid_type <= F_OWNER_PGRP) && owner->pid <= INT32_MAX &&
	       owner->signum <= (uint32_t)SIGRTMAX && owner->inode_hint <= HINT_MAX &&
	       owner->file_hint <= HINT_MAX;
}

static int owner_load(struct restore *restore, struct task *task)
{
	struct fd_walk walk = fd_walk_task(task);
	const struct fd_info *fd;

	while ((fd = fd_walk_next(&walk))) {
		const struct file *file = restore_find_file(restore, fd->file_id);
		const FownEntry *owner = owner_of(restore, file);

		if (owner && !is_possible(owner))
			return log_fail(-EBADMSG, "files.img: file %u: impossible owner", file->id);
		if (owner && owner->pid && !is_owned_inside(&restore->tasks, owner))
			restore_refuse(restore, task,
				       "descriptor %d: it is to send its signals to %u, who is not in the images",
				       fd->fd, owner->pid);
	}
	return 0;
}

static int owner_finish_thread(struct restore *restore, struct task *task, struct thread *thread)
{
	const struct thread_owners *owned = owned_by_threads(restore);
	int ret = 0;

	for (size_t i = 0; i < owned->nr && ret == 0; i++) {
		const FownEntry *owner = owner_of(restore, owned->files[i]);

		if (!owner || (pid_t)owner->pid != thread->tid)
			continue;
		ret = set_owner_as(owned->files[i]->fd, owner);
		if (ret < 0)
			log_errno(ret, "file %u: cannot be given to thread %u (F_SETOWN_EX)",
				  owned->files[i]->id, owner->pid);
	}
	return ret;
}

const struct task_kind file_owner_kind = {
	.name = "file-owner",
	.load = owner_load,
	.finish_thread = owner_finish_thread,
};
