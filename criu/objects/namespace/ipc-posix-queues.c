// SPDX-License-Identifier: GPL-2.0-only
/* POSIX message queues in an IPC namespace of the tree's own: they would go with it, also those that nobody has open. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/model/dump.h"
#include "criu/model/namespace.h"
#include "criu/objects/namespace/ipc-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* The file system of queues of the namespace that we are in, mounted nowhere. */
static DIR *open_queues(void)
{
	_cleanup_close_ int context = (int)syscall(SYS_fsopen, "mqueue", FSOPEN_CLOEXEC);
	_cleanup_close_ int mount = -EBADF, directory = -EBADF;
	DIR *queues;

	if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return NULL;
	mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	directory = mount < 0 ? -1 : openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	queues = directory < 0 ? NULL : fdopendir(directory);
	if (queues)
		steal_fd(&directory);
	return queues;
}

int ipc_survey_posix_queues(struct dump *dump, const struct namespace *namespace)
{
	_cleanup_closedir_ DIR *queues = NULL;
	const struct dirent *entry;

	if (!namespace->own)
		return 0;
	queues = open_queues();
	if (!queues)
		return errno == ENODEV ? 0 : log_errno(errno, "message queues of the tree cannot be listed");
	while ((entry = readdir(queues)))
		if (entry->d_name[0] != '.')
			dump_refuse(dump, namespace->first,
				    "its IPC namespace has the POSIX message queue '%s', which cannot be kept by this build "
				    "(those of the namespace of criu can); unlink it before the dump",
				    entry->d_name);
	return 0;
}
