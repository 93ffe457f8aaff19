// SPDX-License-Identifier: GPL-2.0-only
/* UDP and UDP-Lite in IPv4 and IPv6: addresses, peers, what waits to be read, multicast groups. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/cork.h"
#include "criu/objects/socket/datagram.h"
#include "criu/objects/socket/holder.h"
#include "criu/objects/socket/inet-message.h"
#include "criu/objects/socket/inet-ways.h"
#include "criu/objects/socket/inet.h"
#include "criu/objects/socket/multicast.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define STATE_ESTABLISHED 1 /* what the format has for sockets with a peer */

static const char seen_key;

static bool is_udp(uint32_t family, uint32_t type, uint32_t protocol)
{
	return (family == AF_INET || family == AF_INET6) && type == SOCK_DGRAM &&
	       (protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE);
}

static bool udp_matches(const struct fd_info *fd)
{
	return fd->socket &&
	       is_udp((uint32_t)fd->socket->family, (uint32_t)fd->socket->type, (uint32_t)fd->socket->protocol);
}

static bool udp_reads(const FileEntry *record)
{
	return record->isk && is_udp(record->isk->family, record->isk->type, record->isk->proto);
}

/* --- dump --- */

static int udp_survey(struct dump *dump, const struct fd_info *fd)
{
	bool is_new;
	int ret = inet_survey(dump, fd);

	kind_state_get(&dump->kind_state, &dump->arena, &seen_key, fd->stat.st_ino, 1, &is_new);
	if (ret < 0 || !is_new)
		return ret;
	ret = inet_survey_once(dump, fd);
	if (ret == 0)
		ret = socket_survey_holders(dump, fd, "socket");
	return ret < 0 ? ret : cork_survey(dump, fd);
}

static int dump_here(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	_cleanup_close_ int socket = -EBADF;
	int ret = fd_duplicate(fd, &socket);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	ret = inet_dump(dump, fd, socket, record->id, &record->isk);
	if (ret < 0)
		return ret;
	if (record->isk->dst_port)
		record->isk->state = STATE_ESTABLISHED;
	ret = inet_ways_dump(dump, fd, socket, record->isk);
	if (ret == 0)
		ret = datagram_dump(dump, fd, socket, record->isk);
	if (ret == 0)
		ret = multicast_dump(dump, fd, socket, record->isk);
	return ret < 0 ? ret : cork_dump(dump, fd, socket, record->isk);
}

static int udp_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	return socket_dump_within(dump, fd, record, dump_here);
}

/* --- restore --- */

static int udp_load(struct restore *restore, struct file *file)
{
	struct inet_socket *inet;
	int ret = inet_load(restore, file, &inet);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < inet->record->n_queue; i++)
		if (!datagram_is_proper(inet->record->queue[i]))
			return log_fail(-EBADMSG, "files.img: file %u: no proper datagram", file->id);
	if (!cork_is_proper(inet->record))
		return log_fail(-EBADMSG, "files.img: file %u: no proper datagram in the making", file->id);
	file->object = inet;
	return multicast_load(restore, file, inet->record);
}

static int open_here(struct restore *restore, struct file *file, int *ret_fd)
{
	struct inet_socket *inet = file->object;
	_cleanup_close_ int fd = -EBADF;
	int ret = inet_open(file, inet, &fd);

	if (ret == 0)
		ret = datagram_fill(file, inet, fd);
	if (ret == 0)
		ret = inet_message_complete(restore, file, inet, fd);
	if (ret < 0)
		return ret;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int udp_open(struct restore *restore, struct file *file, int *ret_fd)
{
	return inet_message_open(restore, file, open_here, ret_fd);
}

static int udp_reopen(struct restore *restore, struct file *file)
{
	return inet_message_reopen(restore, file, open_here);
}

static int udp_finish(struct restore *restore, struct file *file)
{
	int ret = inet_message_finish(restore, file);

	return ret < 0 ? ret : cork_set(file, file->object, file->fd);
}

const struct fd_kind udp_kind = {
	.name = "udp",
	.type = FD_TYPES__INETSK,
	.reads = udp_reads,
	.matches = udp_matches,
	.survey = udp_survey,
	.dump = udp_dump,
	.load = udp_load,
	.open = udp_open,
	.reopen = udp_reopen,
	.finish = udp_finish,
	.attach = inet_attach,
};
