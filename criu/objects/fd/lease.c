// SPDX-License-Identifier: GPL-2.0-only
/* Leases. A lease that is being broken is taken again and broken again, by opening the file as whoever wants it did.
 * What the holder was sent for that it has got already. */
#include "criu/objects/fd/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "criu/kernel/proc/locks.h"
#include "criu/model/dump.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* Or-ed to the type that the lease is to become. */
#define LEASE_BREAKING 4U

static const char lease_key;

/* --- dump --- */

static uint64_t inode_key(dev_t device, ino_t inode)
{
	return (uint64_t)inode ^ (uint64_t)device << 40;
}

/* Numbers of devices need not be the same there (btrfs, overlayfs). */
static bool is_mapped(const struct dump *dump, const struct fd_info *fd)
{
	const struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		for (unsigned int i = 0; i < task->nr_mappings; i++) {
			const struct mapping *mapping = &task->mappings[i];

			if ((mapping->inode == fd->stat.st_ino && mapping->dev == fd->stat.st_dev) ||
			    (mapping->name && strcmp(mapping->name, fd->link) == 0))
				return true;
		}
	return false;
}

void lease_survey(struct dump *dump, const struct fd_info *fd, const struct proc_lock *lock)
{
	if (lock->state == PROC_LOCK_ACTIVE && lock->access == PROC_LOCK_READ)
		return;
	/* Perhaps one for writing: the kernel gives it to who alone has the file open. */
	kind_state_get(&dump->kind_state, &dump->arena, &lease_key,
		       inode_key(fd->stat.st_dev, fd->stat.st_ino), 1, NULL);
	if (!fd->stat.st_nlink)
		dump_refuse(dump, fd->task,
			    "%s: the file was deleted while it has a lease (F_SETLEASE), and reading it would break "
			    "that; release the lease before the dump",
			    fd_describe(dump, fd));
	else if (is_mapped(dump, fd))
		dump_refuse(dump, fd->task,
			    "%s: the file is mapped while it has a lease (F_SETLEASE), and mapping it again would "
			    "break that; release the lease before the dump",
			    fd_describe(dump, fd));
}

bool lease_forbids_opening(const struct dump *dump, const struct stat *stat)
{
	return kind_state_find(&dump->kind_state, &lease_key, inode_key(stat->st_dev, stat->st_ino));
}

uint32_t lease_type(const struct proc_lock *lock)
{
	uint32_t type = lock->access == PROC_LOCK_READ	  ? F_RDLCK
			: lock->access == PROC_LOCK_WRITE ? F_WRLCK
							  : F_UNLCK;

	return lock->state == PROC_LOCK_BREAKING ? type | LEASE_BREAKING : type;
}

/* --- restore --- */

bool lease_type_is_known(uint32_t type)
{
	return type == F_RDLCK || type == F_WRLCK || type == (F_RDLCK | LEASE_BREAKING) ||
	       type == (F_UNLCK | LEASE_BREAKING);
}

/* One that becomes nothing was for reading or for writing, which nobody tells. Where both are possible, the latter
 * grants all that the former does. */
static int take_lease(int fd, uint32_t type)
{
	bool unknown = type == (F_UNLCK | LEASE_BREAKING);

	if (fcntl(fd, F_SETLEASE, type == F_RDLCK ? F_RDLCK : F_WRLCK) == 0)
		return 0;
	if (unknown && errno == EAGAIN && fcntl(fd, F_SETLEASE, F_RDLCK) == 0)
		return 0;
	return -errno;
}

/* Readers leave a lease for reading, writers nothing (fcntl(2), Leases). */
static int break_lease(int fd, uint32_t type)
{
	_cleanup_close_ int breaker = -EBADF;
	char link[32];

	if (!(type & LEASE_BREAKING))
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	breaker = open(link, ((type & ~LEASE_BREAKING) == F_RDLCK ? O_RDONLY : O_WRONLY) | O_NONBLOCK | O_CLOEXEC);
	if (breaker >= 0)
		return -EBUSY; /* nobody was in the way */
	return errno == EWOULDBLOCK ? 0 : -errno;
}

static int fail(const struct task *task, const FileLockEntry *record, const char *name, int error)
{
	if (error == -EAGAIN)
		return log_fail(error,
				"task %d: descriptor %d ('%s'): cannot be given its lease: somebody else has the "
				"file open%s; 'fuser %s' tells who, end that",
				task->pid, record->fd, name, record->type == F_RDLCK ? " for writing" : "", name);
	return log_errno(error, "task %d: descriptor %d ('%s'): cannot be given its lease", task->pid,
			 record->fd, name);
}

int lease_set(const struct task *task, const FileLockEntry *record, const struct file *file)
{
	const RegFileEntry *reg = file ? file->record->reg : NULL;
	struct f_owner_ex nobody = { .type = F_OWNER_PID };
	int error;

	if (!reg)
		return log_fail(-EBADMSG, "filelocks.img: task %d: descriptor %d is no file that can have a lease",
				record->pid, record->fd);
	error = take_lease(record->fd, record->type);
	/* The kernel made us the owner if there was none; and nobody is to be told once more. */
	if (error == 0 && fcntl(record->fd, F_SETOWN_EX, &nobody) < 0)
		error = -errno;
	if (error == 0)
		error = break_lease(record->fd, record->type);
	if (error < 0)
		return fail(task, record, reg->name, error);
	return fd_owner_restore(task, record->fd, reg->fown, reg->flags);
}
