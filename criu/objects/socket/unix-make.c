// SPDX-License-Identifier: GPL-2.0-only
/* Makes all unix sockets of a restore, bound, listening and in pairs, by what they are to each other. What needs the
 * tasks (queues with credentials), and connections of datagram sockets, which go by the queues, come later. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/options.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/objects/socket/socket.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static bool is_datagram(const struct unix_socket *socket)
{
	return socket->record->type == SOCK_DGRAM;
}

static int prepare(struct unix_socket *made, int fd)
{
	struct socket_info info = { .family = AF_UNIX, .type = (int)made->record->type };

	made->fd = fd;
	made->made = true;
	return socket_options_set(made->file, &info, fd, made->record->opts, SOCKET_EARLY);
}

static int new_socket(struct unix_socket *made)
{
	int fd = socket(AF_UNIX, (int)made->record->type | SOCK_CLOEXEC, 0);

	return fd < 0 ? log_errno(errno, "file %u: cannot make a unix socket", made->record->id)
		      : prepare(made, fd);
}

/* --- pairs --- */

struct pair {
	int type;
	int ends[2];
};

static int do_pair(void *argument)
{
	struct pair *pair = argument;

	return socketpair(AF_UNIX, pair->type | SOCK_CLOEXEC, 0, pair->ends) < 0 ? -errno : 0;
}

/* @other: NULL, its end stays with @made as its mate. */
static int new_pair(struct unix_socket *made, struct unix_socket *other)
{
	struct unix_stage stage = { .cred = made->record->peer_cred, .root = -EBADF, .actor = made->actor };
	struct pair pair = { .type = (int)made->record->type };
	int ret = unix_act(&stage, do_pair, &pair, sizeof(pair));

	if (ret < 0)
		return log_errno(ret, "file %u: cannot make a pair of unix sockets", made->record->id);
	ret = prepare(made, pair.ends[0]);
	made->connected = true;
	if (!other) {
		made->mate = pair.ends[1];
		return ret;
	}
	other->connected = true;
	return ret < 0 ? ret : prepare(other, pair.ends[1]);
}

/* --- listening --- */

struct listening {
	int fd, backlog;
};

static int do_listen(void *argument)
{
	const struct listening *listening = argument;

	return listen(listening->fd, listening->backlog) < 0 ? -errno : 0;
}

static int start_listening(const struct unix_socket *made)
{
	struct unix_stage stage = { .cred = made->record->peer_cred, .root = -EBADF, .actor = made->actor };
	struct listening listening = { made->fd, (int)made->record->backlog };
	int ret = unix_act(&stage, do_listen, &listening, sizeof(listening));

	return ret < 0 ? log_errno(ret, "file %u: unix socket cannot listen", made->record->id) : 0;
}

/* An accepted socket has the name of its listener. */
static int accept_one(const struct unix_socket *listener, struct unix_socket *made)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return log_errno(errno, "file %u: connection of a unix socket cannot be accepted",
				 made->record->id);
	made->bound = made->connected = true;
	return prepare(made, fd);
}

/* @client: NULL, it stays with the server as its mate. */
static int connect_through(struct restore *restore, struct unix_socket *listener, struct unix_socket *server,
			   struct unix_socket *client)
{
	_cleanup_close_ int temporary = -EBADF;
	int fd, ret = 0;

	if (client) {
		ret = new_socket(client);
		if (ret == 0)
			ret = unix_bind(restore, client, true);
		client->connected = true;
		fd = client->fd;
	} else {
		fd = temporary = socket(AF_UNIX, (int)server->record->type | SOCK_CLOEXEC, 0);
	}
	if (ret == 0)
		ret = unix_connect_to(listener, fd, server->record->peer_cred);
	if (ret < 0)
		return log_errno(ret, "file %u: unix socket cannot be connected", server->record->id);
	ret = accept_one(listener, server);
	if (!client)
		server->mate = steal_fd(&temporary);
	return ret;
}

static int make_connected(struct restore *restore, struct unix_socket *made)
{
	struct unix_socket *peer = made->peer, *listener = unix_find_listener(restore, made);
	int ret;

	if (listener)
		return connect_through(restore, listener, made, peer);
	listener = peer ? unix_find_listener(restore, peer) : NULL;
	if (listener)
		return connect_through(restore, listener, peer, made);
	ret = new_pair(made, peer);
	if (ret == 0)
		ret = unix_bind(restore, made, true);
	if (ret == 0 && peer)
		ret = unix_bind(restore, peer, true);
	return ret;
}

/* --- datagrams --- */

/* Without a name it can be reached only by the other end of a pair; that one may have left. By name others have sent, too: what
 * it is connected to comes when its queue is filled. */
static int make_by_pair(struct unix_socket *made, struct unix_socket *sender)
{
	static const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	bool named = made->record->name.len,
	     both = sender && !sender->made && (!named || sender->record->peer_cred);
	int ret = new_pair(made, both ? sender : NULL);

	if (ret < 0)
		return ret;
	made->sender = both ? sender : NULL;
	if (made->peer && made->peer == sender)
		return 0;
	if (made->record->peer_ended && !both && !named)
		return 0;
	if (named && made->mate >= 0)
		close(steal_fd(&made->mate));
	made->connected = false;
	return connect(made->fd, &nobody, sizeof(nobody)) < 0
		       ? log_errno(errno, "file %u: unix socket cannot be disconnected", made->record->id)
		       : 0;
}

static bool needs_pair(const struct unix_socket *made, const struct unix_socket *sender)
{
	const UnixSkEntry *record = made->record;

	if (!record->name.len && (record->peer_ended || sender || !STAILQ_EMPTY(made->packets)))
		return true;
	return record->peer_cred && (record->peer_ended || (sender && made->peer == sender && !sender->made));
}

static int make_datagram(struct restore *restore, struct unix_socket *made)
{
	struct unix_socket *peer = made->peer;
	bool to_nameless = peer && !peer->made && !peer->record->name.len;
	struct unix_socket *target = to_nameless ? peer : made;
	struct unix_socket *sender = to_nameless ? made : unix_find_sender(made);
	int ret = needs_pair(target, sender) ? make_by_pair(target, sender) : new_socket(target);

	if (ret == 0)
		ret = unix_bind(restore, target, true);
	return ret == 0 && sender && sender->made ? unix_bind(restore, sender, true) : ret;
}

/* --- all --- */

static int make_alone(struct restore *restore, struct unix_socket *made)
{
	int ret = new_socket(made);

	if (ret == 0)
		ret = unix_bind(restore, made, true);
	return ret == 0 && made->record->state == UNIX_LISTEN ? start_listening(made) : ret;
}

static int make_waiting(struct restore *restore, struct unix_socket *made)
{
	int ret = new_socket(made);

	if (ret == 0)
		ret = unix_bind(restore, made, true);
	if (ret == 0 && fcntl(made->fd, F_SETFL, O_NONBLOCK) < 0)
		ret = -errno;
	made->connected = true;
	if (ret == 0)
		ret = unix_connect_to(made->listener, made->fd, made->connector);
	return ret < 0 ? log_errno(ret, "file %u: unix socket cannot be connected to its listener",
				   made->record->id)
		       : 0;
}

static int reconnect(struct unix_socket *made)
{
	const ProtobufCBinaryData *name = made->outside;
	bool hidden = name->len && !name->data[0];
	int ret = unix_connect_outside(made->fd, name->data, name->len);

	made->connected = true;
	if (ret == 0)
		return 0;
	return log_fail(ret, "file %u: unix socket: '%s%.*s' outside of the tree cannot be connected to: %s",
			made->record->id, hidden ? "@" : "", (int)(name->len - hidden),
			(const char *)name->data + hidden,
			ret == -EAGAIN	     ? "as many as it takes wait to be accepted there"
			: ret == -EPROTOTYPE ? "it is a socket of another type"
					     : strerror(-ret));
}

enum turn { ALONE, PAIRS, WAITING, TURNS };

static enum turn turn_of(const struct unix_socket *socket)
{
	if (socket->outside || is_datagram(socket) || socket->record->state != UNIX_ESTABLISHED)
		return ALONE;
	return socket->listener ? WAITING : PAIRS;
}

static int make_here(struct restore *restore, struct unix_socket *made, enum turn turn)
{
	int ret;

	if (turn == WAITING)
		return make_waiting(restore, made);
	if (turn == PAIRS)
		return make_connected(restore, made);
	if (is_datagram(made) && !made->outside)
		return make_datagram(restore, made);
	ret = make_alone(restore, made);
	return ret == 0 && made->outside ? reconnect(made) : ret;
}

/* All that it is made with is in the same network namespace. */
static int make_in_turn(struct restore *restore, struct unix_socket *made, enum turn turn)
{
	int back, ret, left;

	if (made->made || turn_of(made) != turn)
		return 0;
	ret = socket_enter_namespace(restore, made->record->has_ns_id, made->record->ns_id, &back);
	if (ret < 0)
		return ret;
	ret = make_here(restore, made, turn);
	left = socket_leave_namespace(back);
	return ret < 0 ? ret : left;
}

static int arrive_closed(struct restore *restore, struct unix_socket *listener, size_t i)
{
	int back, left;
	int ret = socket_enter_namespace(restore, listener->record->has_ns_id, listener->record->ns_id, &back);

	if (ret < 0)
		return ret;
	ret = unix_arrive_closed(listener, i);
	left = socket_leave_namespace(back);
	return ret < 0 ? ret : left;
}

static int arrive(struct restore *restore, struct unix_socket *listener, size_t i)
{
	const UnixWaitingEntry *entry = listener->record->waiting[i];
	struct file *file = entry->has_client ? restore_find_file(restore, entry->client) : NULL;
	struct unix_socket *client = file ? file->object : NULL;

	if (!entry->has_client)
		return arrive_closed(restore, listener, i);
	if (!client || client->listener != listener || client->made) /* given by --inherit-fd, or named twice */
		return 0;
	listener->arrivals[i].client = client;
	client->connector = entry->cred;
	return make_in_turn(restore, client, WAITING);
}

/* Connections wait in the order in which their listener names them. */
static int make_waiting_in_order(struct restore *restore, const struct unix_restore *all)
{
	int ret = 0;

	for (size_t i = 0; i < all->nr; i++)
		for (size_t j = 0; j < all->sockets[i]->record->n_waiting && ret == 0; j++)
			ret = arrive(restore, all->sockets[i], j);
	return ret;
}

int unix_make_all(struct restore *restore, struct unix_restore *all)
{
	int ret = 0;

	for (enum turn turn = ALONE; turn < TURNS; turn++) {
		if (turn == WAITING)
			ret = make_waiting_in_order(restore, all);
		for (size_t i = 0; i < all->nr && ret == 0; i++)
			ret = make_in_turn(restore, all->sockets[i], turn);
		if (ret < 0)
			return ret;
	}
	return 0;
}
