// SPDX-License-Identifier: GPL-2.0-only
/* TCP connections that wait to be accepted, at the dump. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <string.h>

#include "criu/kernel/kernel-view.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/diag.h"
#include "criu/objects/socket/network-lock.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/objects/socket/tcp-internal.h"
#include "criu/options/options.h"
#include "criu/util/log.h"

#define SEGMENT_MIN \
	536 /* what the kernel makes connections with: bpf_sk_assign_tcp_reqsk() in net/core/filter.c */
#define SEGMENT_MIN_V6 1220

extern const struct fd_kind tcp_kind;
static const char waits_key;

struct walking {
	struct dump *dump;
	const struct fd_info *listener;
	struct kernel_view *view;
	InetSkEntry *record; /* NULL: it is surveyed */
	uint64_t device;     /* to which the listener is bound */
	size_t nr;
};

/* --- the other end --- */

static void turn_round(const struct nft_connection *connection, struct nft_connection *ret)
{
	*ret = *connection;
	memcpy(ret->local, connection->peer, sizeof(ret->local));
	memcpy(ret->peer, connection->local, sizeof(ret->peer));
	ret->local_port = connection->peer_port;
	ret->peer_port = connection->local_port;
}

static void put_address(uint8_t family, const void *bytes, uint16_t port, union inet_address *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->any.sa_family = family;
	if (family == AF_INET6) {
		ret->v6.sin6_port = port;
		memcpy(&ret->v6.sin6_addr, bytes, 16);
	} else {
		ret->v4.sin_port = port;
		memcpy(&ret->v4.sin_addr, bytes, 4);
	}
}

static bool is_end_of(struct dump *dump, const struct fd_info *fd, const struct nft_connection *connection)
{
	union inet_address local, peer;
	struct nft_connection its = { 0 };
	const struct diag_socket *entry;
	const struct inet_diag_msg *message;

	if (fd->kind != &tcp_kind || diag_find(dump, fd, &entry) < 0 || !entry)
		return false;
	message = entry->message;
	put_address(message->idiag_family, message->id.idiag_src, message->id.idiag_sport, &local);
	put_address(message->idiag_family, message->id.idiag_dst, message->id.idiag_dport, &peer);
	return message->idiag_state != STATE_LISTEN && tcp_connection_of(&local, &peer, &its) &&
	       memcmp(&its, connection, sizeof(its)) == 0;
}

static const struct fd_info *find_client(const struct walking *walking, const struct tcp_child *child)
{
	struct fd_walk walk = fd_walk_dump(walking->dump);
	struct nft_connection wanted = { 0 };
	const struct fd_info *fd;

	turn_round(&child->connection, &wanted);
	while ((fd = fd_walk_next(&walk)))
		if (fd->socket && fd->socket->net_ns == walking->listener->socket->net_ns &&
		    is_end_of(walking->dump, fd, &wanted))
			return fd;
	return NULL;
}

const struct fd_info *tcp_waits_at(const struct dump *dump, const struct fd_info *fd)
{
	const struct fd_info *const *listener = kind_state_find(&dump->kind_state, &waits_key, fd->stat.st_ino);

	return listener ? *listener : NULL;
}

static void note_client(const struct walking *walking, const struct fd_info *client)
{
	const struct fd_info **listener = kind_state_get(&walking->dump->kind_state, &walking->dump->arena,
							 &waits_key, client->stat.st_ino, sizeof(*listener), NULL);

	*listener = walking->listener;
}

/* Addresses of the link say which it is. */
static bool is_bound(const struct walking *walking, const struct tcp_child *child)
{
	struct in6_addr address;

	memcpy(&address, child->connection.local, sizeof(address));
	if (child->connection.family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&address))
		return walking->device;
	return walking->device || child->device;
}

/* Of a peer that goes on, the kernel can make the connection from a segment alone, which comes by the loopback device. -EXDEV,
 * -EMSGSIZE, -ENODEV, -EPROTO. */
static int check_stranger(const struct walking *walking, const struct tcp_child *child)
{
	if (is_bound(walking, child))
		return -ENODEV;
	if (kernel_view_function(walking->view, "bpf_sk_assign_tcp_reqsk") < 0)
		return -EXDEV;
	if (child->has_headers)
		return -EPROTO;
	return child->stream.mss_clamp < (child->connection.family == AF_INET6 ? SEGMENT_MIN_V6 : SEGMENT_MIN)
		       ? -EMSGSIZE
		       : 0;
}

static int survey_child(void *context, const struct tcp_child *child)
{
	struct walking *walking = context;
	const struct fd_info *client = find_client(walking, child);
	int ret = client ? 0 : check_stranger(walking, child);

	if (ret == 0 && !client)
		ret = tcp_survey_outside(walking->dump, walking->listener, &child->connection);
	if (client)
		note_client(walking, client);
	walking->nr += ret == 0;
	return ret;
}

/* --- survey --- */

static const char *reason_for(struct dump *dump, int error)
{
	switch (error) {
	case -ECONNRESET:
		return "has been reset by its peer";
	case -EINPROGRESS:
		return "is one of fast open that its peer has not confirmed";
	case -ENOMSG:
		return "has urgent data";
	case -EMSGSIZE:
		return "has shorter segments than the kernel would make it with";
	case -EPROTO:
		return "comes from outside of the tree with options of IPv4, which cannot be answered anew";
	case -ENODEV:
		return "comes from outside of the tree and is bound to a device (SO_BINDTODEVICE), by which it cannot be "
		       "made anew";
	case -EXDEV:
		return "comes from outside of the tree, and this kernel cannot make it anew: that takes "
		       "bpf_sk_assign_tcp_reqsk of Linux 6.9";
	default:
		return arena_printf(&dump->arena,
				    "cannot be read in the memory of the kernel (%s): " QUEUE_VIEW_NEEDS,
				    strerror(-error));
	}
}

static int walk(struct walking *walking, bool with_data, int (*take)(void *context, const struct tcp_child *child))
{
	uint64_t listener = 0;
	int ret = queue_view_open(walking->dump, &walking->view);

	if (ret == 0)
		ret = queue_view_socket(walking->view, walking->listener, &listener);
	if (ret == 0)
		ret = kernel_view_get(walking->view, listener, "sock", "__sk_common.skc_bound_dev_if",
				      &walking->device);
	return ret < 0 ? ret
		       : tcp_walk_children(&walking->dump->arena, walking->view, listener, with_data, take, walking);
}

int tcp_survey_waiting(struct dump *dump, const struct fd_info *fd, const char *address)
{
	struct walking walking = { .dump = dump, .listener = fd };
	const char *reason = NULL;
	int ret;

	if (fd->socket->protocol == IPPROTO_MPTCP)
		reason = "is of Multipath TCP, whose state the kernel does not tell";
	else if (dump->options->tcp_close || !dump->options->tcp_established)
		reason = "is kept with --tcp-established only";
	else if ((ret = walk(&walking, false, survey_child)) < 0)
		reason = reason_for(dump, ret);
	if (reason)
		dump_refuse(dump, fd->task,
			    "%s: TCP listener %s: connection %zu that waits to be accepted %s; --skip-in-flight leaves "
			    "them out",
			    fd_describe(dump, fd), address, walking.nr + 1, reason);
	return 0;
}

/* --- dump --- */

static int dump_child(void *context, const struct tcp_child *child)
{
	struct walking *walking = context;
	struct dump *dump = walking->dump;
	const struct fd_info *client = find_client(walking, child);
	size_t size = child->connection.family == AF_INET6 ? 16 : 4;
	TcpWaitingEntry *entry = arena_new(&dump->arena, TcpWaitingEntry);
	TcpWaitingEntry **larger = arena_array(&dump->arena, TcpWaitingEntry *, walking->record->n_waiting + 1);

	if (!client && check_stranger(walking, child) < 0)
		return check_stranger(walking, child);
	if (client && tcp_waits_at(dump, client) != walking->listener)
		return -EAGAIN;
	tcp_waiting_entry__init(entry);
	entry->state = child->state;
	entry->local.len = entry->peer.len = size;
	entry->local.data = arena_copy(&dump->arena, child->connection.local, size);
	entry->peer.data = arena_copy(&dump->arena, child->connection.peer, size);
	entry->peer_port = ntohs(child->connection.peer_port);
	entry->stream = arena_copy(&dump->arena, &child->stream, sizeof(child->stream));
	entry->received.len = child->stream.inq_len;
	entry->received.data = child->received;
	entry->has_client = client != NULL;
	entry->client = client ? client->file_id : 0;
	entry->has_peer_timestamp = child->stream.has_timestamp;
	entry->peer_timestamp = child->peer_timestamp;
	entry->has_microseconds = entry->microseconds = child->microseconds;
	if (!client)
		network_lock_add(dump, walking->listener, &child->connection);
	if (walking->record->n_waiting)
		memcpy(larger, walking->record->waiting, walking->record->n_waiting * sizeof(entry));
	larger[walking->record->n_waiting++] = entry;
	walking->record->waiting = larger;
	return 0;
}

int tcp_dump_waiting(struct dump *dump, const struct fd_info *fd, InetSkEntry *record)
{
	struct walking walking = { .dump = dump, .listener = fd, .record = record };
	int ret = fd->socket->protocol == IPPROTO_MPTCP ? -EAGAIN : walk(&walking, true, dump_child);

	return ret < 0 ? log_fail(ret,
				  "task %d: %s: TCP listener: connection %zu that waits to be accepted %s; try again, or "
				  "leave them out by --skip-in-flight",
				  fd->task->pid, fd_describe(dump, fd), record->n_waiting + 1,
				  reason_for(dump, ret))
		       : 0;
}
