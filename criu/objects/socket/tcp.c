// SPDX-License-Identifier: GPL-2.0-only
/* TCP in IPv4 and IPv6: listeners, connections in all states, unconnected sockets; and listeners of Multipath TCP. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/diag.h"
#include "criu/objects/socket/network-lock.h"
#include "criu/objects/socket/options.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/objects/socket/tcp-half-open.h"
#include "criu/objects/socket/tcp-internal.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#include <linux/inet_diag.h>

static const char connections_key;

static bool is_tcp(uint32_t family, uint32_t protocol)
{
	return (family == AF_INET || family == AF_INET6) && (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP);
}

static bool tcp_matches(const struct fd_info *fd)
{
	return fd->socket && fd->socket->type == SOCK_STREAM &&
	       is_tcp((uint32_t)fd->socket->family, (uint32_t)fd->socket->protocol);
}

static bool tcp_reads(const FileEntry *record)
{
	return record->isk && record->isk->type == SOCK_STREAM && is_tcp(record->isk->family, record->isk->proto);
}

/* --- dump --- */

/* Connections, by number, which are to end with the tree. */
struct connections {
	size_t nr, room;
	const struct fd_info **fds;
};

static void note_connection(struct dump *dump, const struct fd_info *fd)
{
	struct connections *all = kind_state_get(&dump->kind_state, &dump->arena, &connections_key, 0,
						 sizeof(*all), NULL);

	if (all->nr == all->room) {
		size_t room = 2 * all->room + 16;
		const struct fd_info **larger = arena_array(&dump->arena, const struct fd_info *, room);

		if (all->nr)
			memcpy(larger, all->fds, all->nr * sizeof(*larger));
		all->fds = larger;
		all->room = room;
	}
	all->fds[all->nr++] = fd;
}

/* A socket in repair mode ends without a segment to its peer, and leaves nothing that has its addresses. */
static void tcp_connections_dump_kill(struct dump *dump)
{
	const struct connections *all = kind_state_find(&dump->kind_state, &connections_key, 0);

	for (size_t i = 0; all && i < all->nr; i++) {
		_cleanup_close_ int socket = -EBADF;
		int ret = fd_duplicate(all->fds[i], &socket);

		if (ret == 0)
			ret = tcp_set(socket, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_ON);
		if (ret < 0)
			log_warn("task %d: %s: the TCP connection cannot end silently: %s",
				 all->fds[i]->task->pid, fd_describe(dump, all->fds[i]), strerror(-ret));
	}
}

static int dump_listener(struct dump *dump, const struct fd_info *fd, const struct tcp_info *info,
			 InetSkEntry *record)
{
	int half_open;

	record->state = STATE_LISTEN;
	record->backlog = info->tcpi_sacked;
	if (dump->options->tcp_skip_in_flight)
		return 0;
	half_open = tcp_half_open(dump, fd, htons((uint16_t)record->src_port), true);
	if (half_open < 0)
		return half_open;
	if (half_open)
		return log_fail(-EAGAIN,
				"task %d: %s: TCP listener: %d connections have come that are half open; try again, or "
				"leave them out by --skip-in-flight",
				fd->task->pid, fd_describe(dump, fd), half_open);
	return info->tcpi_unacked ? tcp_dump_waiting(dump, fd, record) : 0;
}

/* How much of it is closed for the task itself does not follow from the state. */
static void dump_shutdown(const struct diag_socket *entry, InetSkEntry *record)
{
	uint8_t shutdown = entry ? diag_get_u8(entry, INET_DIAG_SHUTDOWN, 0) : 0;

	record->has_shutdown = true;
	record->shutdown = (SkShutdown)(shutdown & 3);
}

static int read_state(const struct fd_info *fd, int socket, const struct diag_socket *entry, struct tcp_info *ret_info)
{
	const struct inet_diag_msg *message = entry ? entry->message : NULL;

	if (fd->socket->protocol != IPPROTO_MPTCP)
		return tcp_read_info(socket, ret_info);
	*ret_info = (struct tcp_info){
		.tcpi_state = message ? message->idiag_state : STATE_CLOSE,
		.tcpi_unacked = message ? message->idiag_rqueue : 0,
		.tcpi_sacked = message ? message->idiag_wqueue : 0,
	};
	return 0;
}

static int dump_state(struct dump *dump, const struct fd_info *fd, int socket, InetSkEntry *record)
{
	const struct diag_socket *entry;
	union inet_address peer;
	struct tcp_info info;
	int ret = diag_find(dump, fd, &entry);

	if (ret < 0)
		return ret;
	ret = read_state(fd, socket, entry, &info);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: its state cannot be read", fd->task->pid,
				 fd_describe(dump, fd));
	dump_shutdown(entry, record);
	record->state = info.tcpi_state;
	if (info.tcpi_state == STATE_LISTEN)
		return dump_listener(dump, fd, &info, record);
	if (info.tcpi_state == STATE_CLOSE && fd->socket->protocol != IPPROTO_MPTCP)
		return tcp_ended_dump(dump, fd, socket, record);
	if (info.tcpi_state == STATE_CLOSE || dump->options->tcp_close)
		return 0;
	note_connection(dump, fd);
	if (tcp_waits_at(dump, fd)) {
		record->has_waits_at = true;
		record->waits_at = tcp_waits_at(dump, fd)->file_id;
	}
	if (tcp_read_peer(socket, entry, &peer) == 0)
		inet_store_peer(&dump->arena, &peer, record);
	return tcp_dump_stream(dump, fd, socket, record);
}

static int dump_here(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	_cleanup_close_ int socket = -EBADF;
	int ret = fd_duplicate(fd, &socket);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	ret = inet_dump(dump, fd, socket, record->id, &record->isk);
	if (ret == 0)
		ret = dump_state(dump, fd, socket, record->isk);
	if (ret < 0)
		return ret;
	ret = tcp_options_dump(&dump->arena, socket, record->isk);
	return ret < 0 ? log_errno(ret, "task %d: %s: options of TCP cannot be read", fd->task->pid,
				   fd_describe(dump, fd))
		       : 0;
}

static int tcp_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	return socket_dump_within(dump, fd, record, dump_here);
}

/* --- restore --- */

/* Both ways are closed, but there is no connection: that error comes all the same (inet_shutdown in af_inet.c). */
static int close_ways(const struct tcp_socket *tcp, int fd)
{
	uint32_t ways = tcp->closed ? SK_SHUTDOWN__BOTH : tcp->inet->record->shutdown;

	if (!ways || (!tcp->closed && tcp->state != STATE_CLOSE))
		return 0;
	return shutdown(fd, (int)ways - 1) < 0 && errno != ENOTCONN ? -errno : 0;
}

static int make_listener(struct restore *restore, const struct file *file, const struct tcp_socket *tcp, int fd)
{
	int ret = inet_bind(restore, file, tcp->inet, fd);

	if (ret > 0 && listen(fd, (int)tcp->inet->record->backlog) < 0)
		return log_errno(errno, "file %u: TCP socket: cannot listen", file->id);
	return ret < 0 ? ret : 0;
}

static int make_state(struct restore *restore, const struct file *file, struct tcp_socket *tcp, int fd)
{
	int ret;

	if (tcp->ended)
		return tcp_ended_make(file, tcp, fd);
	if (tcp->stream && !tcp->is_arriving)
		ret = tcp_connect(restore, file, tcp, fd);
	else if (tcp->state == STATE_LISTEN)
		return make_listener(restore, file, tcp, fd);
	else
		ret = tcp->closed ? 0 : inet_bind(restore, file, tcp->inet, fd);
	if (ret < 0)
		return ret;
	ret = close_ways(tcp, fd);
	return ret < 0 ? log_errno(ret, "file %u: TCP socket: cannot be shut down", file->id) : 0;
}

/* Sockets of one port need not have asked for SO_REUSEADDR all: they come in another order now. */
static int open_here(struct restore *restore, struct file *file, int *ret_fd)
{
	struct tcp_socket *tcp = file->object;
	_cleanup_close_ int fd = -EBADF;
	int ret = inet_open(file, tcp->inet, &fd);

	if (ret < 0)
		return ret;
	ret = tcp_options_set_early(tcp, fd);
	if (ret == 0)
		ret = tcp_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (ret < 0)
		return log_errno(ret, "file %u: TCP socket: its options cannot be set", file->id);
	ret = make_state(restore, file, tcp, fd);
	if (ret < 0)
		return ret;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int tcp_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const struct tcp_socket *tcp = file->object;
	struct socket_restore how = inet_restore_how(file, tcp->inet, open_here);

	return socket_open_within(restore, file, &how, ret_fd);
}

static int tcp_reopen(struct restore *restore, struct file *file)
{
	const struct tcp_socket *tcp = file->object;
	struct socket_restore how = inet_restore_how(file, tcp->inet, open_here);

	return socket_reopen_within(restore, file, &how);
}

static int tcp_finish(struct restore *restore, struct file *file)
{
	struct tcp_socket *tcp = file->object;
	int ret = inet_finish(file, tcp->inet, file->fd);

	(void)restore;
	if (ret < 0)
		return ret;
	ret = tcp_options_set(tcp, file->fd);
	if (ret < 0)
		return log_errno(ret, "file %u: TCP socket: its options cannot be set", file->id);
	/* Accepted sockets have the options of their listener. */
	return tcp->arrivals ? tcp_arrive(restore, file, tcp) : 0;
}

/* The same request goes out once more; the task that waits for the answer goes on waiting. */
static void connect_again(const struct tcp_socket *tcp, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	if (connect(fd, &tcp->inet->peer.any, tcp->inet->size) < 0 && errno != EINPROGRESS)
		log_warn("TCP socket: connecting goes on with an error: %s", strerror(errno));
	fcntl(fd, F_SETFL, flags);
}

/* Leaving the mode asks the peer for its window, and clears SO_REUSEADDR. What is done must follow from the images: the
 * guardian is older than connections in a namespace of the tree's own. */
static void tcp_let_go(struct restore *restore, struct file *file)
{
	struct tcp_socket *tcp = file->object;
	const SkOptsEntry *options = tcp->inet->record->opts;
	int ret;

	(void)restore;
	if (!tcp->stream || tcp->ended)
		return;
	ret = tcp_release_send_queue(tcp, file->fd);
	if (ret < 0)
		log_warn("file %u: TCP connection: repair mode cannot be left: %s", file->id, strerror(-ret));
	tcp_set(file->fd, SOL_SOCKET, SO_REUSEADDR, options->has_reuseaddr && options->reuseaddr);
	if (tcp->state == STATE_SYN_SENT)
		connect_again(tcp, file->fd);
}

const struct fd_kind tcp_kind = {
	.name = "tcp",
	.type = FD_TYPES__INETSK,
	.reads = tcp_reads,
	.matches = tcp_matches,
	.survey = tcp_survey,
	.dump = tcp_dump,
	.load = tcp_load,
	.open = tcp_open,
	.reopen = tcp_reopen,
	.finish = tcp_finish,
	.let_go = tcp_let_go,
	.attach = inet_attach,
};

static void tcp_connections_undo(struct restore *restore)
{
	for (size_t i = 0; i < restore->nr_files; i++) {
		const struct file *file = &restore->files[i];
		const struct tcp_socket *tcp = file->kind == &tcp_kind ? file->object : NULL;

		if (tcp && tcp->arrivals && file->fd >= 0)
			tcp_unarrive(tcp, file->fd);
	}
}

const struct global_kind tcp_connections_kind = {
	.undo = tcp_connections_undo,
	.dump_kill = tcp_connections_dump_kill,
};
