// SPDX-License-Identifier: GPL-2.0-only
/* POSIX message queues of an IPC namespace of the tree's own: names in a file system that belongs to the namespace. It is
 * mounted nowhere for the look. Queues of such a namespace cannot be kept yet. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/objects/namespace/ipc-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#ifndef FSOPEN_CLOEXEC
#define FSOPEN_CLOEXEC 1
#define FSMOUNT_CLOEXEC 1
#define FSCONFIG_CMD_CREATE 6
#endif

/* -ENODEV: this kernel has no such queues. */
static int mount_queues(void)
{
	_cleanup_close_ int context = (int)syscall(SYS_fsopen, "mqueue", FSOPEN_CLOEXEC);
	int fd;

	if (context < 0)
		return -errno;
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	fd = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

/* @mount_fd becomes the directory's. */
static int refuse_names(struct dump *dump, const struct namespace *namespace, int mount_fd)
{
	int fd = openat(mount_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!directory) {
		int error = -errno;

		if (fd >= 0)
			close(fd);
		return error;
	}
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			dump_refuse(dump, namespace->first,
				    "message queue '/%s' is in an IPC namespace of the tree's own: POSIX queues of such "
				    "cannot be kept by this build; remove it (mq_unlink) before the dump",
				    entry->d_name);
	closedir(directory);
	return 0;
}

int ipc_posix_queues_survey(struct dump *dump, const struct namespace *namespace)
{
	_cleanup_close_ int mount_fd = -EBADF;
	int error;

	if (!namespace->own)
		return 0;
	mount_fd = mount_queues();
	if (mount_fd == -ENODEV)
		return 0;
	error = mount_fd < 0 ? mount_fd : refuse_names(dump, namespace, mount_fd);
	return error < 0 ? log_errno(error, "POSIX message queues of an IPC namespace cannot be listed") : 0;
}
