// SPDX-License-Identifier: GPL-2.0-only
/* TCP before anything is touched: what cannot be kept is refused, what must be locked is noted. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/diag.h"
#include "criu/objects/socket/holder.h"
#include "criu/objects/socket/inet-headers.h"
#include "criu/objects/socket/network-lock.h"
#include "criu/objects/socket/tcp-half-open.h"
#include "criu/objects/socket/tcp-internal.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#ifndef POLLRDHUP
#define POLLRDHUP 0x2000
#endif
#ifndef TCP_AO_INFO
#define TCP_AO_INFO 40
#endif
#define AO_INFO_SIZE 128 /* room for struct tcp_ao_info_opt */

static const char seen_key;

/* --- connections --- */

static void put_end(const union inet_address *address, bool v4, uint8_t bytes[16], uint16_t *ret_port)
{
	memset(bytes, 0, 16);
	if (address->any.sa_family == AF_INET)
		memcpy(bytes, &address->v4.sin_addr, 4);
	else if (v4)
		memcpy(bytes, address->v6.sin6_addr.s6_addr + 12, 4);
	else
		memcpy(bytes, &address->v6.sin6_addr, 16);
	*ret_port = inet_port(address);
}

bool tcp_connection_of(const union inet_address *local, const union inet_address *peer, struct nft_connection *ret)
{
	bool v4 = peer->any.sa_family == AF_INET || IN6_IS_ADDR_V4MAPPED(&peer->v6.sin6_addr);

	ret->family = v4 ? AF_INET : AF_INET6;
	put_end(local, v4, ret->local, &ret->local_port);
	put_end(peer, v4, ret->peer, &ret->peer_port);
	return ret->peer_port && ret->local_port;
}

int tcp_read_peer(int socket, const struct diag_socket *entry, union inet_address *ret_peer)
{
	const struct inet_diag_msg *message = entry ? entry->message : NULL;
	socklen_t size = sizeof(*ret_peer);

	memset(ret_peer, 0, sizeof(*ret_peer));
	if (getpeername(socket, &ret_peer->any, &size) == 0)
		return 0;
	if (errno != ENOTCONN || !message || message->idiag_state != STATE_SYN_SENT)
		return -errno;
	ret_peer->any.sa_family = message->idiag_family;
	if (message->idiag_family == AF_INET6) {
		ret_peer->v6.sin6_port = message->id.idiag_dport;
		memcpy(&ret_peer->v6.sin6_addr, message->id.idiag_dst, 16);
	} else {
		ret_peer->v4.sin_port = message->id.idiag_dport;
		memcpy(&ret_peer->v4.sin_addr, message->id.idiag_dst, 4);
	}
	return 0;
}

static int read_ends(int socket, const struct diag_socket *entry, union inet_address *local,
		     union inet_address *peer)
{
	socklen_t size = sizeof(*local);

	memset(local, 0, sizeof(*local));
	if (getsockname(socket, &local->any, &size) < 0)
		return -errno;
	return tcp_read_peer(socket, entry, peer);
}

static const char *find_secret(const struct fd_info *fd, const struct diag_socket *entry, int socket)
{
	uint8_t info[AO_INFO_SIZE] = { 0 };
	char ulp[16] = "";
	socklen_t size = sizeof(ulp), info_size = sizeof(info);

	/* Multipath TCP itself is made so. */
	if (fd->socket->protocol != IPPROTO_MPTCP &&
	    getsockopt(socket, IPPROTO_TCP, TCP_ULP, ulp, &size) == 0 && size > 0 && ulp[0])
		return "it has an upper layer protocol in the kernel (TCP_ULP, as kTLS is one), whose state cannot be "
		       "read; let the program do without";
	if (entry && diag_get(entry, INET_DIAG_MD5SIG, 1, NULL))
		return "its segments are signed (TCP_MD5SIG): keys are not kept; close it before the dump";
	if (getsockopt(socket, IPPROTO_TCP, TCP_AO_INFO, info, &info_size) == 0)
		return "its segments are signed (TCP_AO): keys are not kept; close it before the dump";
	return NULL;
}

/* What is behind the mark can be seen only with an offset, which TCP has from Linux 6.9 on. */
static const char *find_urgent_problem(int socket)
{
	int offset, before_mark = 0;

	switch (tcp_look_at_urgent(socket)) {
	case URGENT_WILL_COME:
		return "urgent data that are announced, but have not come: the kernel does not tell where they belong; let them "
		       "come before the dump";
	case URGENT_IS_THERE:
		if (tcp_get(socket, SOL_SOCKET, SO_PEEK_OFF, &offset) == 0 ||
		    ioctl(socket, SIOCINQ, &before_mark) < 0 || !before_mark)
			return NULL;
		return "urgent data that were not read, and this kernel cannot show what is behind them (Linux 6.9 can); "
		       "read up to them before the dump";
	default:
		return NULL;
	}
}

static int survey_connection(struct dump *dump, const struct fd_info *fd, int socket, uint32_t state,
			     const struct diag_socket *entry)
{
	char local_text[INET_TEXT_SIZE], peer_text[INET_TEXT_SIZE];
	union inet_address local, peer;
	struct nft_connection connection;
	const char *problem;
	int ret = read_ends(socket, entry, &local, &peer);

	if (ret == -ENOTCONN) /* reset meanwhile */
		return 0;
	if (ret < 0)
		return log_errno(ret, "task %d: %s: its addresses cannot be read", fd->task->pid,
				 fd_describe(dump, fd));
	if (dump->options->tcp_close)
		return 0;
	if (!dump->options->tcp_established)
		dump_refuse(dump, fd->task,
			    "%s: TCP connection %s - %s; keep it by --tcp-established, or let it come back closed by "
			    "--tcp-close",
			    fd_describe(dump, fd), inet_format(&local, local_text),
			    inet_format(&peer, peer_text));
	problem = state_is(state, STATES_CONNECTED) ? find_urgent_problem(socket) : NULL;
	if (problem)
		dump_refuse(dump, fd->task, "%s: TCP connection %s - %s has %s", fd_describe(dump, fd),
			    inet_format(&local, local_text), inet_format(&peer, peer_text), problem);
	if (!tcp_connection_of(&local, &peer, &connection))
		return 0;
	network_lock_add(dump, fd, &connection);
	return tcp_survey_outside(dump, fd, &connection);
}

/* --- listeners --- */

static int survey_listener(struct dump *dump, const struct fd_info *fd, int socket, uint32_t waiting)
{
	union inet_address local = { .any.sa_family = (sa_family_t)fd->socket->family };
	socklen_t size = sizeof(local);
	char text[INET_TEXT_SIZE];
	int half_open;

	if (getsockname(socket, &local.any, &size) < 0)
		return log_errno(errno, "task %d: %s: its address cannot be read", fd->task->pid,
				 fd_describe(dump, fd));
	network_lock_add_port(dump, fd, inet_port(&local));
	half_open = dump->options->tcp_skip_in_flight ? 0 : tcp_half_open(dump, fd, inet_port(&local), false);
	if (half_open < 0)
		return half_open;
	inet_format(&local, text);
	if (half_open)
		dump_refuse(dump, fd->task,
			    "%s: TCP listener %s: %d connections are half open; --skip-in-flight leaves them out",
			    fd_describe(dump, fd), text, half_open);
	return waiting && !dump->options->tcp_skip_in_flight ? tcp_survey_waiting(dump, fd, text) : 0;
}

/* --- all --- */

/* Packets that were not acknowledged: the first segment, and one with data of TCP Fast Open (tcp_send_syn_data in
 * net/ipv4/tcp_output.c). */
static void survey_opening(struct dump *dump, const struct fd_info *fd, const struct tcp_info *info)
{
	if (info->tcpi_state == STATE_SYN_RECV)
		dump_refuse(dump, fd->task,
			    "%s: a TCP connection that both ends are about to open (SYN_RECV), which cannot be made in this state; "
			    "try again when it is open, or let it come back closed by --tcp-close",
			    fd_describe(dump, fd));
	else if (info->tcpi_state == STATE_SYN_SENT && info->tcpi_unacked > 1)
		dump_refuse(dump, fd->task,
			    "%s: a TCP connection that is being opened with data (TCP Fast Open), which the kernel would not send "
			    "again; try again when it is open, or let it come back closed by --tcp-close",
			    fd_describe(dump, fd));
}

static void survey_ended_multipath(struct dump *dump, const struct fd_info *fd, int socket)
{
	struct pollfd poller = { .fd = socket, .events = POLLIN | POLLRDHUP };

	if (poll(&poller, 1, 0) > 0 && (poller.revents & (POLLRDHUP | POLLERR)) && !dump->options->tcp_close)
		dump_refuse(dump, fd->task,
			    "%s: a connection of Multipath TCP that is over: neither its end nor what was not read can be kept; "
			    "let the program close it, or say --tcp-close",
			    fd_describe(dump, fd));
}

static int survey_state(struct dump *dump, const struct fd_info *fd, int socket, const struct diag_socket *entry)
{
	const struct inet_diag_msg *message = entry ? entry->message : NULL;
	struct tcp_info info = { 0 };
	int ret = 0;

	if (fd->socket->protocol != IPPROTO_MPTCP)
		ret = tcp_read_info(socket, &info);
	else if (message)
		info = (struct tcp_info){ .tcpi_state = message->idiag_state,
					  .tcpi_unacked = message->idiag_rqueue };
	else
		info.tcpi_state = STATE_CLOSE;
	if (ret < 0)
		return log_errno(ret, "task %d: %s: its state cannot be read", fd->task->pid,
				 fd_describe(dump, fd));
	if (info.tcpi_state == STATE_LISTEN)
		return survey_listener(dump, fd, socket, info.tcpi_unacked);
	if (info.tcpi_state == STATE_CLOSE && fd->socket->protocol == IPPROTO_MPTCP)
		survey_ended_multipath(dump, fd, socket);
	if (info.tcpi_state == STATE_CLOSE)
		return 0;
	if (!dump->options->tcp_close)
		survey_opening(dump, fd, &info);
	if (fd->socket->protocol == IPPROTO_MPTCP && !dump->options->tcp_close)
		dump_refuse(dump, fd->task,
			    "%s: a connection of Multipath TCP, whose state the kernel does not tell; let the program use "
			    "TCP (GODEBUG=multipathtcp=0 for Go), or let it come back closed by --tcp-close",
			    fd_describe(dump, fd));
	return survey_connection(dump, fd, socket, info.tcpi_state, entry);
}

int tcp_survey(struct dump *dump, const struct fd_info *fd)
{
	_cleanup_close_ int socket = -EBADF;
	const struct diag_socket *entry;
	const char *secret;
	bool is_new;
	int ret = inet_survey(dump, fd);

	kind_state_get(&dump->kind_state, &dump->arena, &seen_key, fd->stat.st_ino, 1, &is_new);
	if (ret < 0 || !is_new)
		return ret;
	ret = fd_duplicate(fd, &socket);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	ret = inet_headers_survey(dump, fd, socket);
	if (ret == 0)
		ret = diag_find(dump, fd, &entry);
	if (ret == 0)
		ret = socket_survey_holders(dump, fd, "TCP socket");
	if (ret < 0)
		return ret;
	secret = find_secret(fd, entry, socket);
	if (secret)
		dump_refuse(dump, fd->task, "%s: TCP: %s", fd_describe(dump, fd), secret);
	return survey_state(dump, fd, socket, entry);
}
