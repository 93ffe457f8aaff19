// SPDX-License-Identifier: GPL-2.0-only
/* What sockets of IP without a stream have in common: a peer, ways that are shut down, headers for what they send. */
#include "criu/objects/socket/inet-ways.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/diag.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* --- headers --- */

static const struct {
	int level, option;
	const char *name;
} headers[] = {
	{ IPPROTO_IP, IP_OPTIONS, "IP_OPTIONS" },
	{ IPPROTO_IPV6, IPV6_HOPOPTS, "IPV6_HOPOPTS" },
	{ IPPROTO_IPV6, IPV6_RTHDRDSTOPTS, "IPV6_RTHDRDSTOPTS" },
	{ IPPROTO_IPV6, IPV6_RTHDR, "IPV6_RTHDR" },
	{ IPPROTO_IPV6, IPV6_DSTOPTS, "IPV6_DSTOPTS" },
};

int inet_survey_headers(struct dump *dump, const struct fd_info *fd)
{
	_cleanup_close_ int socket = -EBADF;
	int ret = fd_duplicate(fd, &socket);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		char bytes[2048];
		socklen_t size = sizeof(bytes);

		if (getsockopt(socket, headers[i].level, headers[i].option, bytes, &size) == 0 && size > 0)
			dump_refuse(dump, fd->task, "%s: its option %s is not kept; let the program clear it",
				    fd_describe(dump, fd), headers[i].name);
	}
	return 0;
}

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
