// SPDX-License-Identifier: GPL-2.0-only
/* Who opens a block device with O_EXCL claims it, and nobody can see whose claim it is (block/bdev.c). */
#include "criu/objects/fd/block-device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "criu/kernel/proc/mountinfo.h"
#include "criu/kernel/proc/open.h"
#include "criu/model/task.h"
#include "criu/util/cleanup.h"

/* Another claim is refused then. */
static bool is_claimed(const struct fd_info *fd)
{
	_cleanup_close_ int claim = -EBADF;
	char name[32];

	snprintf(name, sizeof(name), "fd/%d", fd->fd);
	claim = openat(fd->task->proc_fd, name, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	return claim < 0 && errno == EBUSY;
}

/* There is one claim at a time: that of a mount is nobody else's. */
static bool is_mounted(dev_t device)
{
	_cleanup_close_ int self = proc_open_task(getpid());
	_cleanup_proc_mounts_ struct proc_mounts mounts = { 0 };

	if (self < 0 || proc_read_mountinfo(self, &mounts) < 0)
		return false;
	for (size_t i = 0; i < mounts.count; i++)
		if (makedev(mounts.items[i].dev_major, mounts.items[i].dev_minor) == device)
			return true;
	return false;
}

const char *block_device_problem(const struct fd_info *fd)
{
	return is_claimed(fd) && !is_mounted(fd->stat.st_rdev)
		       ? "the block device is in use exclusively, perhaps by this descriptor (O_EXCL), which the kernel "
			 "does not tell"
		       : NULL;
}
