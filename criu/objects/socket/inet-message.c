// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of messages, as opposed to connections: how UDP and raw ones are made. */
#include "criu/objects/socket/inet-message.h"

#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/inet-ways.h"
#include "criu/objects/socket/inet.h"
#include "criu/objects/socket/multicast.h"
#include "criu/objects/socket/socket-namespace.h"

int inet_message_open(struct restore *restore, struct file *file,
		      int (*open_here)(struct restore *restore, struct file *file, int *ret_fd), int *ret_fd)
{
	const InetSkEntry *record = file->record->isk;
	int back, left, ret = socket_enter_namespace(restore, record->has_ns_id, record->ns_id, &back);

	if (ret < 0)
		return ret;
	ret = open_here(restore, file, ret_fd);
	left = socket_leave_namespace(back);
	if (ret == 0 && left < 0)
		close(*ret_fd);
	return ret < 0 ? ret : left;
}

int inet_message_complete(struct restore *restore, const struct file *file, const struct inet_socket *inet, int fd)
{
	int ret = inet_bind(restore, file, inet, fd);

	if (ret <= 0)
		return ret;
	ret = inet_connect(file, inet, fd);
	if (ret == 0)
		ret = multicast_set(file, inet->record, fd);
	return ret < 0 ? ret : inet_ways_close(file, inet->record, fd);
}

int inet_message_finish(struct restore *restore, struct file *file)
{
	(void)restore;
	return inet_finish(file, file->object, file->fd);
}
