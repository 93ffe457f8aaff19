// SPDX-License-Identifier: GPL-2.0-only
/* Connections that wait to be accepted, at the restore: they come in their order, from who made them, and what was sent
 * already is sent before anybody accepts. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static int check_waiting(struct restore *restore, const struct unix_socket *socket, const UnixWaitingEntry *entry)
{
	const struct file *client = entry->has_client ? restore_find_file(restore, entry->client) : NULL;

	if (entry->has_client && (!client || client->record->type != FD_TYPES__UNIXSK ||
				  !client->record->usk || client->record->usk->peer != socket->record->ino))
		return log_fail(-EBADMSG, "files.img: file %u: there is no unix socket %u that waits for it",
				socket->record->id, entry->client);
	if (entry->name.len > UNIX_NAME_MAX ||
	    (entry->name.len && entry->name.data[0] && entry->name.data[entry->name.len - 1]))
		return log_fail(-EBADMSG, "files.img: file %u: a connection that waits has a damaged name",
				socket->record->id);
	return 0;
}

int unix_load_waiting(struct restore *restore, struct unix_socket *socket)
{
	const UnixSkEntry *record = socket->record;
	int ret = 0;

	if (record->n_waiting && (record->state != UNIX_LISTEN || record->type == SOCK_DGRAM))
		return log_fail(-EBADMSG,
				"files.img: file %u: connections wait at a unix socket that does not listen",
				record->id);
	socket->arrivals = arena_array(&restore->arena, struct unix_arrival, record->n_waiting + 1);
	for (size_t i = 0; i < record->n_waiting && ret == 0; i++) {
		const UnixWaitingEntry *entry = record->waiting[i];

		socket->arrivals[i].fd = -EBADF;
		STAILQ_INIT(&socket->arrivals[i].packets);
		ret = check_waiting(restore, socket, entry);
		for (size_t j = 0; j < entry->n_packets && ret == 0; j++)
			ret = unix_take_packet(restore, entry->packets[j], &socket->arrivals[i].packets);
		if (ret == 0 && entry->has_client)
			restore_find_file(restore, entry->client)->wanted = true;
	}
	return ret;
}

static int bind_closed(const UnixWaitingEntry *entry, int fd)
{
	UnixSkEntry record = UNIX_SK_ENTRY__INIT;
	struct unix_socket closed = { .record = &record, .fd = fd };

	record.name = entry->name;
	record.deleted = true;
	return unix_bind(NULL, &closed, false);
}

/* A client that has been closed: it comes, and goes when its data are sent. */
int unix_arrive_closed(struct unix_socket *listener, size_t i)
{
	const UnixWaitingEntry *entry = listener->record->waiting[i];
	_cleanup_close_ int fd = socket(AF_UNIX, (int)listener->record->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret = fd < 0 ? -errno : bind_closed(entry, fd);

	if (ret == 0)
		ret = unix_connect_to(listener, fd, entry->cred);
	if (ret < 0)
		return log_errno(ret, "file %u: unix socket: a connection that waits cannot be made anew",
				 listener->record->id);
	listener->arrivals[i].fd = steal_fd(&fd);
	return 0;
}
