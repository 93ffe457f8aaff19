// SPDX-License-Identifier: GPL-2.0-only
/* The repair mode of TCP, switched on and off again. */
#include "criu/objects/socket/repair-guard.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/model/task.h"
#include "criu/util/cleanup.h"

static int get_number(int socket, int level, int option, int *ret_value)
{
	socklen_t size = sizeof(*ret_value);

	return getsockopt(socket, level, option, ret_value, &size) < 0 ? -errno : 0;
}

static int set_number(int socket, int level, int option, int value)
{
	return setsockopt(socket, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* Leaving the mode clears SO_REUSEADDR (tcp_repair_set in net/ipv4/tcp.c). No probe is sent: nothing has changed for the
 * peer. */
static int leave(const struct repair_guard *guard, int socket)
{
	int ret = set_number(socket, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);

	if (ret == 0)
		ret = set_number(socket, SOL_SOCKET, SO_REUSEADDR, guard->reuse_address);
	if (ret == 0)
		ret = set_number(socket, SOL_SOCKET, SO_OOBINLINE, guard->urgent_inline);
	if (ret < 0 || guard->peek_offset == PEEK_OFFSET_NONE)
		return ret;
	return set_number(socket, SOL_SOCKET, SO_PEEK_OFF, guard->peek_offset);
}

int repair_guard_begin(struct repair_guard *guard, const struct fd_info *fd, int socket)
{
	int ret = get_number(socket, SOL_SOCKET, SO_REUSEADDR, &guard->reuse_address);

	if (ret == 0)
		ret = get_number(socket, SOL_SOCKET, SO_OOBINLINE, &guard->urgent_inline);
	if (ret < 0)
		return ret;
	if (get_number(socket, SOL_SOCKET, SO_PEEK_OFF, &guard->peek_offset) < 0)
		guard->peek_offset = PEEK_OFFSET_NONE;
	guard->fd = fd->fd;
	__atomic_store_n(&guard->pid, fd->task->pid, __ATOMIC_SEQ_CST);
	/* Looking begins at the first byte. */
	if (guard->peek_offset >= 0)
		ret = set_number(socket, SOL_SOCKET, SO_PEEK_OFF, -1);
	if (ret == 0)
		ret = set_number(socket, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_ON);
	if (ret == 0)
		return 0;
	if (guard->peek_offset >= 0)
		set_number(socket, SOL_SOCKET, SO_PEEK_OFF, guard->peek_offset);
	__atomic_store_n(&guard->pid, 0, __ATOMIC_SEQ_CST);
	return ret;
}

int repair_guard_end(struct repair_guard *guard, int socket)
{
	int ret = leave(guard, socket);

	__atomic_store_n(&guard->pid, 0, __ATOMIC_SEQ_CST);
	return ret;
}

void repair_guard_repair(const struct repair_guard *guard)
{
	_cleanup_close_ int pidfd = guard->pid ? (int)syscall(SYS_pidfd_open, guard->pid, 0) : -EBADF;
	_cleanup_close_ int socket = pidfd < 0 ? -EBADF : (int)syscall(SYS_pidfd_getfd, pidfd, guard->fd, 0);

	if (socket >= 0)
		leave(guard, socket);
}
