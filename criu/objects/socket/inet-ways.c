// SPDX-License-Identifier: GPL-2.0-only
/* What sockets of IP without a stream have in common: a peer, and ways that are shut down. */
#include "criu/objects/socket/inet-ways.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <poll.h>
#include <sys/socket.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/diag.h"
#include "criu/util/log.h"

/* --- ways that are shut down --- */

/* Without sock_diag only the way in shows, or both. */
static uint32_t ways_by_poll(int socket)
{
	struct pollfd ready = { .fd = socket, .events = POLLRDHUP };

	if (poll(&ready, 1, 0) <= 0)
		return 0;
	return ready.revents & POLLHUP	   ? SK_SHUTDOWN__BOTH
	       : ready.revents & POLLRDHUP ? SK_SHUTDOWN__READ
					   : 0;
}

int inet_ways_dump(struct dump *dump, const struct fd_info *fd, int socket, InetSkEntry *record)
{
	const struct diag_socket *entry;
	int ret = diag_find(dump, fd, &entry);
	uint32_t ways;

	if (ret < 0)
		return ret;
	/* A socket without a port is in no list. */
	ways = entry ? diag_get_u8(entry, INET_DIAG_SHUTDOWN, 0) & 3 : ways_by_poll(socket);
	record->has_shutdown = ways != 0;
	record->shutdown = (SkShutdown)ways;
	return 0;
}

/* --- restore --- */

int inet_connect(const struct file *file, const struct inet_socket *inet, int fd)
{
	char text[INET_TEXT_SIZE];

	if (!inet->has_peer || connect(fd, &inet->peer.any, inet->size) == 0)
		return 0;
	return log_errno(errno, "file %u: socket: cannot be connected to %s", file->id,
			 inet_format(&inet->peer, text));
}

/* Both ways are closed, but there may be no peer: that error comes all the same (inet_shutdown in af_inet.c). */
int inet_ways_close(const struct file *file, const InetSkEntry *record, int fd)
{
	if (!record->has_shutdown || !record->shutdown || shutdown(fd, (int)record->shutdown - 1) == 0 ||
	    errno == ENOTCONN)
		return 0;
	return log_errno(errno, "file %u: socket: cannot be shut down", file->id);
}
