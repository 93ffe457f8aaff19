// SPDX-License-Identifier: GPL-2.0-only
/* Attributes of deleted files (chattr, ioctl_iflags(2)). A new file has those of its directory. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "criu/objects/file-name.h"
#include "criu/objects/ghost-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define SETTABLE                                                                                           \
	(FS_SECRM_FL | FS_UNRM_FL | FS_COMPR_FL | FS_SYNC_FL | FS_IMMUTABLE_FL | FS_APPEND_FL |            \
	 FS_NODUMP_FL | FS_NOATIME_FL | FS_JOURNAL_DATA_FL | FS_NOTAIL_FL | FS_DIRSYNC_FL | FS_TOPDIR_FL | \
	 FS_NOCOW_FL | FS_PROJINHERIT_FL)

/* Not every file system has such; what cannot be opened here was reported before. */
static unsigned int read_flags(int directory_fd, const char *name)
{
	_cleanup_close_ int fd = openat(directory_fd, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	unsigned int flags = 0;

	return fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 ? flags : 0;
}

void ghost_read_attributes(const struct named_file *file, GhostFileEntry *record)
{
	if (!S_ISREG(file->stat.st_mode) && !S_ISDIR(file->stat.st_mode))
		return;
	record->attributes = read_flags(file->proc_fd, file->proc_link) & SETTABLE;
	record->has_attributes = true;
}

const char *ghost_attributes_problem(const struct named_file *file)
{
	if (read_flags(file->proc_fd, file->proc_link) & FS_VERITY_FL)
		return "the file was deleted, and is protected by fs-verity, which cannot be given to another file";
	return NULL;
}

int ghost_set_attributes(const struct ghost *ghost, int path_fd)
{
	const GhostFileEntry *record = ghost->record;
	_cleanup_close_ int fd = -EBADF;
	unsigned int flags = 0;
	char path[32];

	if (!record->has_attributes || path_fd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return log_errno(errno, "deleted file %u: its attributes cannot be looked at", ghost->id);
	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		flags = 0;
	if ((flags & SETTABLE) == (record->attributes & SETTABLE))
		return 0;
	flags = (flags & ~(unsigned int)SETTABLE) | (record->attributes & SETTABLE);
	if (ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0)
		return log_errno(errno, "deleted file %u: its attributes (chattr) cannot be set to 0x%x",
				 ghost->id, record->attributes);
	return 0;
}
