// SPDX-License-Identifier: GPL-2.0-only
/* The peek offset of a socket while it is another one than its owner set. */
#include "criu/objects/socket/peek-guard.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/model/task.h"
#include "criu/util/cleanup.h"

static int set_offset(int socket, int offset)
{
	return setsockopt(socket, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)) < 0 ? -errno : 0;
}

int peek_guard_move(struct peek_guard *guard, const struct fd_info *fd, int socket, int offset)
{
	socklen_t size = sizeof(guard->offset);

	if (getsockopt(socket, SOL_SOCKET, SO_PEEK_OFF, &guard->offset, &size) < 0)
		return -errno;
	guard->fd = fd->fd;
	__atomic_store_n(&guard->pid, fd->task->pid, __ATOMIC_SEQ_CST);
	return set_offset(socket, offset);
}

int peek_guard_put_back(struct peek_guard *guard, int socket)
{
	int ret = set_offset(socket, guard->offset);

	__atomic_store_n(&guard->pid, 0, __ATOMIC_SEQ_CST);
	return ret;
}

void peek_guard_repair(const struct peek_guard *guard)
{
	_cleanup_close_ int pidfd = guard->pid ? (int)syscall(SYS_pidfd_open, guard->pid, 0) : -EBADF;
	_cleanup_close_ int socket = pidfd < 0 ? -EBADF : (int)syscall(SYS_pidfd_getfd, pidfd, guard->fd, 0);

	if (socket >= 0)
		set_offset(socket, guard->offset);
}
