// SPDX-License-Identifier: GPL-2.0-only
/* TCP connections that wait to be accepted, at the restore. Those whose other end is of the tree connect anew, and send
 * once more what had come: numbers of the sequence mean nothing to anybody else. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "criu/kernel/kernel-view.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/inet-map.h"
#include "criu/objects/socket/network-lock.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/objects/socket/tcp-internal.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72
#endif
#define WAIT_MAX 5000 /* milliseconds */
#define WSCALE_MAX 14 /* TCP_MAX_WSCALE */
#define BACKLOG_ROOM 16

/* --- load --- */

static void put_address(const ProtobufCBinaryData *bytes, uint32_t port, union inet_address *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->any.sa_family = bytes->len == 16 ? AF_INET6 : AF_INET;
	if (bytes->len == 16) {
		ret->v6.sin6_port = htons((uint16_t)port);
		memcpy(&ret->v6.sin6_addr, bytes->data, 16);
	} else {
		ret->v4.sin_port = htons((uint16_t)port);
		memcpy(&ret->v4.sin_addr, bytes->data, 4);
	}
}

static const char *find_damage(const TcpWaitingEntry *entry)
{
	const TcpStreamEntry *stream = entry->stream;

	if (entry->state != STATE_ESTABLISHED && entry->state != STATE_CLOSE_WAIT)
		return "its state";
	if ((entry->local.len != 4 && entry->local.len != 16) || entry->local.len != entry->peer.len)
		return "its addresses";
	if (!entry->peer_port || entry->peer_port > UINT16_MAX)
		return "its port";
	if (stream->inq_len != entry->received.len || stream->outq_len)
		return "its queues";
	if (stream->snd_wscale > WSCALE_MAX || stream->rcv_wscale > WSCALE_MAX || stream->mss_clamp > UINT16_MAX)
		return "what was agreed upon";
	return NULL;
}

static int load_stranger(struct restore *restore, const struct file *file, const struct tcp_arrival *arrival)
{
	struct nft_connection connection;
	char text[INET_TEXT_SIZE];

	inet_format(&arrival->peer, text);
	if (!restore->options->tcp_established)
		restore_refuse(restore, NULL,
			       "file %u: a TCP connection with %s, which waits to be accepted; it needs "
			       "--tcp-established",
			       file->id, text);
	inet_map_stranger(restore, file, &arrival->local, &arrival->peer);
	if (tcp_connection_of(&arrival->local, &arrival->peer, &connection))
		network_lock_add_restored(restore, file->record->isk->has_ns_id, file->record->isk->ns_id,
					  &connection);
	return 0;
}

static int load_one(struct restore *restore, const struct file *file, const struct tcp_socket *tcp,
		    const TcpWaitingEntry *entry, struct tcp_arrival *arrival)
{
	const char *damage = find_damage(entry);
	const InetSkEntry *client;

	if (damage)
		return log_fail(-EBADMSG,
				"files.img: file %u: a connection that waits at this listener is damaged: %s",
				file->id, damage);
	arrival->entry = entry;
	put_address(&entry->local, tcp->inet->record->src_port, &arrival->local);
	put_address(&entry->peer, entry->peer_port, &arrival->peer);
	if (!entry->has_client)
		return load_stranger(restore, file, arrival);
	arrival->client = restore_find_file(restore, entry->client);
	client = arrival->client ? arrival->client->record->isk : NULL;
	if (!client || client->type != SOCK_STREAM || !client->has_waits_at || client->waits_at != file->id)
		return log_fail(-EBADMSG, "files.img: file %u: there is no TCP connection %u that waits for it",
				file->id, entry->client);
	arrival->client->wanted = true;
	return 0;
}

int tcp_load_waiting(struct restore *restore, const struct file *file, struct tcp_socket *tcp)
{
	const InetSkEntry *record = tcp->inet->record;
	int ret = 0;

	if (!record->n_waiting)
		return 0;
	if (tcp->inet->info.protocol == IPPROTO_MPTCP)
		return log_fail(-EBADMSG, "files.img: file %u: connections wait at a listener of Multipath TCP",
				file->id);
	tcp->arrivals = arena_array(&restore->arena, struct tcp_arrival, record->n_waiting);
	for (size_t i = 0; i < record->n_waiting && ret == 0; i++)
		ret = load_one(restore, file, tcp, record->waiting[i], &tcp->arrivals[i]);
	return ret;
}

/* --- the other end is of the tree --- */

static int wait_for_room(int fd)
{
	struct pollfd poller = { .fd = fd, .events = POLLOUT };
	int error = 0, ret = poll(&poller, 1, WAIT_MAX);

	if (ret <= 0)
		return ret < 0 ? -errno : -ETIMEDOUT;
	ret = tcp_get(fd, SOL_SOCKET, SO_ERROR, &error);
	return ret < 0 ? ret : -error;
}

static int call_once(const struct tcp_socket *client, int fd)
{
	return connect(fd, &client->inet->peer.any, client->inet->size) < 0 ? -errno : 0;
}

/* The second call is told of the end of the first, as the program was; without it the next one would be. */
static int call(const struct tcp_socket *client, int fd)
{
	int ret = call_once(client, fd);

	if (ret != -EINPROGRESS)
		return ret;
	ret = wait_for_room(fd);
	return ret < 0 ? ret : call_once(client, fd);
}

static int send_all(int fd, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t sent = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
		int ret = sent < 0 && errno == EAGAIN  ? wait_for_room(fd)
			  : sent < 0 && errno != EINTR ? -errno
						       : 0;

		if (ret < 0)
			return ret;
		data += MAX(sent, 0);
		size -= (size_t)MAX(sent, 0);
	}
	return 0;
}

/* As much as there was is in the queue of who accepts; the rest comes as that is read. */
static void wait_for_delivery(int fd, size_t rest)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	int unsent = 0;

	for (int i = 0; i < WAIT_MAX / 5 && ioctl(fd, SIOCOUTQ, &unsent) == 0 && (size_t)unsent > rest; i++)
		nanosleep(&pause, NULL);
}

/* Bytes that both had: what came before its confirmation did. */
static int send_queues(const struct tcp_arrival *arrival, const struct tcp_socket *client, int fd)
{
	const TcpStreamEntry *stream = client->stream, *waiting = arrival->entry->stream;
	uint32_t sent = stream->outq_seq - state_is(client->state, STATES_FIN_SENT);
	uint32_t came = waiting->inq_seq - state_is(arrival->entry->state, STATES_FIN_CAME);
	uint32_t rest = sent - came;
	int ret;

	if (rest > stream->outq_len)
		return -EBADMSG;
	ret = tcp_make_room(fd, SO_SNDBUF, SO_SNDBUFFORCE, waiting->inq_len + rest);
	if (ret == 0)
		ret = send_all(fd, arrival->entry->received.data, arrival->entry->received.len);
	if (ret == 0)
		ret = send_all(fd, client->sent + (stream->outq_len - rest), rest);
	if (ret == 0)
		wait_for_delivery(fd, rest);
	return ret;
}

static int shut(const struct tcp_socket *client, int fd)
{
	if (state_is(client->state, STATES_FIN_SENT) && shutdown(fd, SHUT_WR) < 0)
		return -errno;
	return client->inet->record->shutdown & SK_SHUTDOWN__READ && shutdown(fd, SHUT_RD) < 0 ? -errno : 0;
}

static int connect_client(const struct tcp_arrival *arrival)
{
	struct tcp_socket *client = arrival->client->object;
	int fd = arrival->client->fd, flags = fcntl(fd, F_GETFL), ret;

	if (!client || !client->stream || !client->is_arriving)
		return -EBADMSG;
	client->is_arriving = false; /* images of strangers may name it twice */
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	ret = call(client, fd);
	if (ret == 0)
		ret = send_queues(arrival, client, fd);
	if (ret == 0)
		ret = shut(client, fd);
	if (ret == 0 && fcntl(fd, F_SETFL, flags) < 0)
		ret = -errno;
	return ret;
}

static void let_through(struct restore *restore, const struct tcp_socket *tcp)
{
	size_t nr = 0, all = tcp->inet->record->n_waiting;
	struct nft_connection *connections = arena_array(&restore->arena, struct nft_connection, all);

	for (size_t i = 0; i < all; i++)
		if (tcp->arrivals[i].client &&
		    tcp_connection_of(&tcp->arrivals[i].peer, &tcp->arrivals[i].local, &connections[nr]))
			nr++;
	network_lock_let_through(connections, nr);
}

/* --- all --- */

/* A connection begins with the buffer of its listener, and must take at once what came to it in the course of time. */
struct buffer {
	int size, locks; /* as the listener has them */
};

static int widen(int listener, const struct tcp_arrival *arrival, struct buffer *buffer)
{
	int ret = tcp_get(listener, SOL_SOCKET, SO_RCVBUF, &buffer->size);

	if (ret == 0)
		ret = tcp_get(listener, SOL_SOCKET, SO_BUF_LOCK, &buffer->locks);
	if (ret == 0)
		ret = tcp_make_room(listener, SO_RCVBUF, SO_RCVBUFFORCE, arrival->entry->stream->inq_len);
	return ret < 0 ? ret : tcp_set(listener, SOL_SOCKET, SO_BUF_LOCK, buffer->locks);
}

static int narrow(int listener, const struct buffer *buffer)
{
	int ret = tcp_set(listener, SOL_SOCKET, SO_RCVBUFFORCE, buffer->size / 2);

	return ret < 0 ? ret : tcp_set(listener, SOL_SOCKET, SO_BUF_LOCK, buffer->locks);
}

static int request(int listener, const struct tcp_arrival *arrival, struct kernel_view *view)
{
	struct buffer buffer;
	int ret = widen(listener, arrival, &buffer), end;

	if (ret < 0)
		return ret;
	ret = tcp_request(view, listener, arrival);
	end = narrow(listener, &buffer);
	return ret < 0 ? ret : end;
}

/* Its number among the listeners of one port, or -ENOENT: it is no such. */
static int find_in_group(struct kernel_view *view, int listener)
{
	uint64_t sock, group, nr, at, one;
	int ret = queue_view_own_socket(view, listener, &sock);

	if (ret == 0)
		ret = kernel_view_get(view, sock, "sock", "sk_reuseport_cb", &group);
	if (ret < 0 || !group)
		return ret < 0 ? ret : -ENOENT;
	ret = kernel_view_get(view, group, "sock_reuseport", "num_socks", &nr);
	if (ret == 0)
		ret = kernel_view_locate(view, group, "sock_reuseport", "socks", &at);
	for (uint64_t i = 0; ret == 0 && i < nr; i++) {
		ret = kernel_view_read(view, at + i * sizeof(one), &one, sizeof(one));
		if (ret == 0 && one == sock)
			return (int)i;
	}
	return ret < 0 ? ret : -ENOENT;
}

/* Which of them takes a connection the kernel decides by chance, unless a program does. 1: that is so now. */
static int aim(struct kernel_view *view, int listener)
{
	int number = find_in_group(view, listener);
	struct sock_filter always = BPF_STMT(BPF_RET | BPF_K, (uint32_t)number);
	struct sock_fprog program = { .len = 1, .filter = &always };

	if (number < 0)
		return number == -ENOENT ? 0 : number;
	return setsockopt(listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)) < 0 ? -errno
													 : 1;
}

static int arrive_one(const struct file *file, const struct tcp_arrival *arrival, struct kernel_view *view)
{
	char text[INET_TEXT_SIZE];
	int ret = arrival->client ? connect_client(arrival) : request(file->fd, arrival, view);

	return ret < 0 ? log_errno(ret, "file %u: TCP listener: connection with %s, which waits to be accepted, cannot be made",
				   file->id, inet_format(&arrival->peer, text))
		       : 0;
}

static bool needs_view(const struct tcp_socket *tcp)
{
	const SkOptsEntry *options = tcp->inet->record->opts;
	bool strangers = false;

	for (size_t i = 0; i < tcp->inet->record->n_waiting; i++)
		strangers |= !tcp->arrivals[i].client;
	return strangers || (options->has_so_reuseport && options->so_reuseport);
}

static int arrive_all(const struct file *file, const struct tcp_socket *tcp)
{
	struct kernel_view *view = NULL;
	int aimed = 0, ret = needs_view(tcp) ? kernel_view_open(&view) : 0;

	if (ret == 0 && view)
		ret = aimed = aim(view, file->fd);
	if (ret < 0)
		log_errno(ret, "file %u: TCP listener: connections that wait to be accepted cannot be made: " QUEUE_VIEW_NEEDS,
			  file->id);
	for (size_t i = 0; i < tcp->inet->record->n_waiting && ret >= 0; i++)
		ret = arrive_one(file, &tcp->arrivals[i], view);
	if (aimed > 0)
		tcp_set(file->fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0);
	kernel_view_close(view);
	return MIN(ret, 0);
}

/* They are there at once, and however many the listener takes by now. */
static int arrive_here(const struct file *file, const struct tcp_socket *tcp)
{
	int backlog = (int)tcp->inet->record->backlog, deferred = 0, ret;

	if (listen(file->fd, (int)MIN((size_t)backlog + tcp->inet->record->n_waiting + BACKLOG_ROOM, INT32_MAX)) < 0)
		return log_errno(errno, "file %u: TCP listener: its backlog cannot be changed", file->id);
	ret = tcp_get(file->fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &deferred);
	if (ret == 0 && deferred)
		ret = tcp_set(file->fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 0);
	if (ret < 0)
		return log_errno(ret, "file %u: TCP listener: TCP_DEFER_ACCEPT", file->id);
	ret = arrive_all(file, tcp);
	if (ret == 0 && deferred)
		ret = tcp_set(file->fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, deferred);
	if (ret == 0 && listen(file->fd, backlog) < 0)
		ret = -errno;
	return ret;
}

int tcp_arrive(struct restore *restore, const struct file *file, const struct tcp_socket *tcp)
{
	const InetSkEntry *record = tcp->inet->record;
	int back, left, ret = socket_enter_namespace(restore, record->has_ns_id, record->ns_id, &back);

	if (ret < 0)
		return ret;
	let_through(restore, tcp);
	ret = arrive_here(file, tcp);
	left = socket_leave_namespace(back);
	return ret < 0 ? ret : left;
}

void tcp_unarrive(const struct tcp_socket *tcp, int fd)
{
	for (size_t i = 0; i < tcp->inet->record->n_waiting; i++) {
		struct pollfd poller = { .fd = fd, .events = POLLIN };
		_cleanup_close_ int one = poll(&poller, 1, 0) > 0 ? accept4(fd, NULL, NULL, SOCK_CLOEXEC) : -EBADF;

		if (one >= 0)
			tcp_set(one, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_ON);
	}
}
