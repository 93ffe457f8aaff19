// SPDX-License-Identifier: GPL-2.0-only
/* Sockets of messages, as opposed to connections: how UDP and raw ones are made. */
#include "criu/objects/socket/inet-message.h"

#include "criu/objects/kinds.h"
#include "criu/objects/socket/inet-ways.h"
#include "criu/objects/socket/inet.h"
#include "criu/objects/socket/multicast.h"
#include "criu/objects/socket/socket-namespace.h"

int inet_message_open(struct restore *restore, struct file *file,
		      int (*open_here)(struct restore *restore, struct file *file, int *ret_fd), int *ret_fd)
{
	struct socket_restore how = inet_restore_how(file, file->object, open_here);

	return socket_open_within(restore, file, &how, ret_fd);
}

int inet_message_reopen(struct restore *restore, struct file *file,
			int (*open_here)(struct restore *restore, struct file *file, int *ret_fd))
{
	struct socket_restore how = inet_restore_how(file, file->object, open_here);

	return socket_reopen_within(restore, file, &how);
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
