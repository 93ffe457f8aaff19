// SPDX-License-Identifier: GPL-2.0-only
/* How whoever repairs gets at a socket that was left half way. */
#include "criu/objects/socket/socket-reach.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/model/task.h"
#include "criu/objects/fd/owner.h"
#include "criu/util/cleanup.h"

#define REACH_PASSAGE (-1)

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr head;
};

int socket_reach_init(struct socket_reach *reach)
{
	return socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, reach->passage) < 0 ? -errno : 0;
}

void socket_reach_end(struct socket_reach *reach)
{
	close(reach->passage[0]);
	close(reach->passage[1]);
}

static int put_into_passage(const struct socket_reach *reach, int socket)
{
	union control control = {
		.head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS }
	};
	struct msghdr head = { .msg_control = &control, .msg_controllen = sizeof(control) };

	memcpy(CMSG_DATA(&control.head), &socket, sizeof(socket));
	return sendmsg(reach->passage[0], &head, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int take_from_passage(const struct socket_reach *reach, int flags)
{
	union control control = { 0 };
	struct msghdr head = { .msg_control = &control, .msg_controllen = sizeof(control) };
	int socket;

	if (recvmsg(reach->passage[1], &head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | flags) < 0)
		return -errno;
	if (!CMSG_FIRSTHDR(&head) || control.head.cmsg_type != SCM_RIGHTS)
		return -EBADMSG;
	memcpy(&socket, CMSG_DATA(&control.head), sizeof(socket));
	return socket;
}

int socket_reach_set(struct socket_reach *reach, const struct fd_info *fd, int socket)
{
	int ret = fd->in_flight ? put_into_passage(reach, socket) : 0;

	if (ret < 0)
		return ret;
	reach->fd = fd->fd;
	__atomic_store_n(&reach->pid, fd->in_flight ? REACH_PASSAGE : fd->task->pid, __ATOMIC_SEQ_CST);
	return 0;
}

void socket_reach_clear(struct socket_reach *reach)
{
	pid_t pid = __atomic_exchange_n(&reach->pid, 0, __ATOMIC_SEQ_CST);
	int socket = pid == REACH_PASSAGE ? take_from_passage(reach, 0) : -EBADF;

	if (socket >= 0)
		close(socket);
}

int socket_reach_open(const struct socket_reach *reach)
{
	_cleanup_close_ int pidfd = -EBADF;
	int socket;

	if (!reach->pid)
		return -ENOENT;
	if (reach->pid == REACH_PASSAGE)
		return take_from_passage(reach, MSG_PEEK);
	pidfd = fd_open_table(reach->pid);
	if (pidfd < 0)
		return pidfd;
	socket = (int)syscall(SYS_pidfd_getfd, pidfd, reach->fd, 0);
	return socket < 0 ? -errno : socket;
}
