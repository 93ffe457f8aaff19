// SPDX-License-Identifier: GPL-2.0-only
/* A socket that lies in a queue which nobody can reach any more is closed by the collector of unix(7), which is a worker
 * of the kernel since Linux 6.8 (net/unix/garbage.c). Older ones collect at once: then it takes as long as close(). */
#include "criu/util/close-later.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The queue holds its own socket, so that it is not emptied when that is closed. */
void close_later(int fd)
{
	union {
		char bytes[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control = { .bytes = { 0 } };
	char byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int pair[2] = { -1, -1 };

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) == 0) {
		const int cargo[2] = { fd, pair[0] };

		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(cargo));
		memcpy(CMSG_DATA(&control.align), cargo, sizeof(cargo));
		(void)!sendmsg(pair[1], &message, MSG_DONTWAIT | MSG_NOSIGNAL);
		close(pair[0]);
	}
	close(fd);
	/* The last one that can be reached: its end starts the collector. */
	if (pair[1] >= 0)
		close(pair[1]);
}
