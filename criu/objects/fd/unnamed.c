// SPDX-License-Identifier: GPL-2.0-only
/* Files without a name in any file system: flags, fdinfo. */
#include "criu/objects/fd/unnamed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "criu/model/task.h"

/* As the kernel has it; the C library of 64-bit programs says 0. */
#define KERNEL_O_LARGEFILE 0100000

#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK | O_NOATIME)

int unnamed_read_fdinfo(const struct fd_info *fd, proc_fdinfo_line line, void *context)
{
	struct proc_fdinfo common;

	return proc_parse_fdinfo(fd->fdinfo, strlen(fd->fdinfo), line, context, &common);
}

bool unnamed_flags_possible(uint32_t flags)
{
	return !(flags & ~(uint32_t)(O_ACCMODE | O_ASYNC | KERNEL_O_LARGEFILE | SETTABLE_FLAGS));
}

int unnamed_set_flags(int fd, uint32_t flags)
{
	int now = fcntl(fd, F_GETFL), wanted = (int)flags & SETTABLE_FLAGS;

	if (now < 0)
		return -errno;
	if ((now & SETTABLE_FLAGS) == wanted)
		return 0;
	return fcntl(fd, F_SETFL, (now & ~SETTABLE_FLAGS) | wanted) < 0 ? -errno : 0;
}
