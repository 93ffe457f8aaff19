// SPDX-License-Identifier: GPL-2.0-only
/* The options of a socket that are in the way, or are of use, while its queue is read. */
#include "criu/objects/socket/peek-guard.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/model/task.h"
#include "criu/util/cleanup.h"

static int set_option(int socket, int option, int value)
{
	return setsockopt(socket, SOL_SOCKET, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

int peek_guard_begin(struct peek_guard *guard, const struct fd_info *fd, int socket, const int *options,
		     unsigned int nr)
{
	guard->nr = 0;
	for (unsigned int i = 0; i < nr && i < PEEK_OPTIONS_MAX; i++) {
		struct peek_option *usual = &guard->usual[guard->nr];
		socklen_t size = sizeof(usual->value);

		usual->option = options[i];
		if (getsockopt(socket, SOL_SOCKET, options[i], &usual->value, &size) == 0)
			guard->nr++;
		else if (errno != ENOPROTOOPT)
			return -errno;
	}
	return socket_reach_set(&guard->reach, fd, socket);
}

int peek_guard_usual(const struct peek_guard *guard, int option, int absent)
{
	for (unsigned int i = 0; i < guard->nr; i++)
		if (guard->usual[i].option == option)
			return guard->usual[i].value;
	return absent;
}

static int put_back(const struct peek_guard *guard, int socket)
{
	int ret = 0;

	for (unsigned int i = 0; i < guard->nr; i++) {
		int error = set_option(socket, guard->usual[i].option, guard->usual[i].value);

		ret = ret < 0 ? ret : error;
	}
	return ret;
}

int peek_guard_end(struct peek_guard *guard, int socket)
{
	int ret = put_back(guard, socket);

	socket_reach_clear(&guard->reach);
	return ret;
}

int peek_guard_move(struct peek_guard *guard, const struct fd_info *fd, int socket, int offset)
{
	static const int options[] = { SO_PEEK_OFF };
	int ret = peek_guard_begin(guard, fd, socket, options, 1);

	return ret < 0 ? ret : set_option(socket, SO_PEEK_OFF, offset);
}

int peek_guard_put_back(struct peek_guard *guard, int socket)
{
	return peek_guard_end(guard, socket);
}

void peek_guard_repair(const struct peek_guard *guard)
{
	_cleanup_close_ int socket = socket_reach_open(&guard->reach);

	if (socket >= 0)
		put_back(guard, socket);
}
