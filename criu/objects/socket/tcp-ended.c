// SPDX-License-Identifier: GPL-2.0-only
/* A connection that is over while a task still has the socket: what came before its end can be read, and then the end, or
 * the error, if the peer has reset it. Which error it is cannot be seen without taking it away; it is nearly always
 * ECONNRESET. Such a socket has no address any more, so its like is made on the loopback device: a connection to a peer of
 * our own, which ends it. */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "criu/image/file.h"
#include "criu/kernel/nft.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/repair-guard.h"
#include "criu/objects/socket/tcp-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#ifndef POLLRDHUP
#define POLLRDHUP 0x2000
#endif
#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif
#ifndef IPV6_MINHOPCOUNT
#define IPV6_MINHOPCOUNT 73
#endif
#define FIRST_SEQUENCE 1
#define USUAL_MAXSEG 536

/* --- dump --- */

/* Under a guard, in repair mode. */
static int read_unread(int socket, void **ret_data, uint32_t *ret_size)
{
	TcpStreamEntry stream = TCP_STREAM_ENTRY__INIT;
	int ret = tcp_set(socket, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);
	ssize_t got;

	if (ret == 0)
		ret = tcp_read_urgent(socket, &stream);
	if (ret == 0 && stream.has_urgent)
		ret = -ENOTSUP;
	*ret_size = stream.inq_len;
	if (ret < 0 || !stream.inq_len)
		return ret;
	*ret_data = malloc(stream.inq_len);
	if (!*ret_data)
		return -ENOMEM;
	got = recv(socket, *ret_data, stream.inq_len, MSG_PEEK | MSG_DONTWAIT);
	return got < 0 ? -errno : (size_t)got == stream.inq_len ? 0 : -ENODATA;
}

static int read_guarded(struct dump *dump, const struct fd_info *fd, int socket, void **ret_data, uint32_t *ret_size)
{
	int ret = repair_guard_begin(dump->repair_guard, fd, socket), end;

	if (ret < 0)
		return ret;
	ret = read_unread(socket, ret_data, ret_size);
	end = repair_guard_end(dump->repair_guard, socket);
	return ret < 0 ? ret : end;
}

static int write_unread(struct dump *dump, uint32_t inode, const void *data, uint32_t size)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	TcpStreamEntry stream = TCP_STREAM_ENTRY__INIT;
	int ret = image_create(dump->images, IMAGE_TCP_STREAM, inode, &image);

	stream.inq_len = size;
	stream.mss_clamp = USUAL_MAXSEG;
	if (ret == 0)
		ret = image_write_record(image, &stream.base);
	if (ret == 0 && size)
		ret = image_write_bytes(image, data, size);
	return ret < 0 ? ret : image_close(steal_pointer(&image));
}

int tcp_ended_dump(struct dump *dump, const struct fd_info *fd, int socket, InetSkEntry *record)
{
	struct pollfd poller = { .fd = socket, .events = POLLIN | POLLRDHUP };
	_cleanup_free_ void *data = NULL;
	uint32_t size = 0;
	int ret = poll(&poller, 1, 0) < 0 ? -errno : 0;

	/* A socket that has never been connected is not closed for reading. */
	if (ret == 0 && !(poller.revents & (POLLRDHUP | POLLERR)))
		return 0;
	if (ret == 0)
		ret = read_guarded(dump, fd, socket, &data, &size);
	if (ret == -ENOTSUP)
		return log_fail(ret,
				"task %d: %s: TCP connection: it is over, and has urgent data that were not read, which cannot be "
				"kept behind its end; read them before the dump",
				fd->task->pid, fd_describe(dump, fd));
	if (ret == 0)
		ret = write_unread(dump, record->ino, data, size);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: what is left of its connection cannot be read",
				 fd->task->pid, fd_describe(dump, fd));
	record->has_shutdown = record->has_tcp_ended = record->has_tcp_reset = true;
	record->shutdown = SK_SHUTDOWN__BOTH;
	record->tcp_ended = true;
	record->tcp_reset = (poller.revents & POLLERR) != 0;
	return 0;
}

/* --- restore --- */

static int open_end(int fd, int family, uint32_t sent, uint32_t received, union inet_address *ret_local)
{
	socklen_t size;
	int ret = tcp_set(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_ON);

	if (ret == 0)
		ret = tcp_set_sequence(fd, TCP_SEND_QUEUE, sent);
	if (ret == 0)
		ret = tcp_set_sequence(fd, TCP_RECV_QUEUE, received);
	if (ret < 0)
		return ret;
	memset(ret_local, 0, sizeof(*ret_local));
	ret_local->any.sa_family = (sa_family_t)family;
	if (family == AF_INET6)
		ret_local->v6.sin6_addr = in6addr_loopback;
	else
		ret_local->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	size = inet_address_size(ret_local);
	return bind(fd, &ret_local->any, size) < 0 || getsockname(fd, &ret_local->any, &size) < 0 ? -errno : 0;
}

/* Without, an end could neither be sent nor come. */
static int open_window(int fd, uint32_t received)
{
	const struct tcp_repair_window window = {
		.snd_wl1 = received,
		.snd_wnd = UINT16_MAX,
		.max_window = UINT16_MAX,
		.rcv_wnd = UINT16_MAX,
		.rcv_wup = received,
	};

	return setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &window, sizeof(window)) < 0 ? -errno : 0;
}

/* Two ends in repair mode, which agree about the sequence, but the queue of one is empty so far. */
static int join_ends(const struct tcp_socket *tcp, int fd, int peer)
{
	union inet_address local, other;
	uint32_t size = tcp->stream->inq_len;
	int family = tcp->inet->info.family, ret = open_end(fd, family, FIRST_SEQUENCE, FIRST_SEQUENCE, &local);

	if (ret == 0)
		ret = open_end(peer, family, FIRST_SEQUENCE + size, FIRST_SEQUENCE, &other);
	if (ret < 0)
		return ret;
	if (connect(fd, &other.any, inet_address_size(&other)) < 0 ||
	    connect(peer, &local.any, inet_address_size(&local)) < 0)
		return -errno;
	ret = tcp_make_room(fd, SO_RCVBUF, SO_RCVBUFFORCE, size);
	if (ret == 0)
		ret = tcp_set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);
	if (ret == 0)
		ret = tcp_fill_queue(fd, tcp->received, size);
	if (ret == 0)
		ret = open_window(peer, FIRST_SEQUENCE);
	if (ret == 0)
		ret = open_window(fd, FIRST_SEQUENCE + size);
	if (ret == 0)
		ret = tcp_set(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
	return ret < 0 ? ret : tcp_set(peer, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
}

static int end_by_reset(int fd, int *peer)
{
	const struct linger linger = { .l_onoff = 1 };

	if (setsockopt(*peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) < 0)
		return -errno;
	close(steal_fd(peer));
	return tcp_wait_for_state(fd, STATE_CLOSE);
}

static int end_orderly(int fd, int peer)
{
	int ret;

	if (shutdown(peer, SHUT_WR) < 0)
		return -errno;
	ret = tcp_wait_for_state(fd, STATE_CLOSE_WAIT);
	if (ret == 0 && shutdown(fd, SHUT_WR) < 0)
		ret = -errno;
	return ret < 0 ? ret : tcp_wait_for_state(fd, STATE_CLOSE);
}

/* Where all is held, this passes. */
static int end_marked(const struct tcp_socket *tcp, int fd, int *peer)
{
	int ret = tcp_set(fd, SOL_SOCKET, SO_MARK, NFT_LOCK_MARK);

	if (ret == 0)
		ret = tcp_set(*peer, SOL_SOCKET, SO_MARK, NFT_LOCK_MARK);
	if (ret == 0)
		ret = join_ends(tcp, fd, *peer);
	if (ret < 0)
		return ret;
	return tcp->inet->record->tcp_reset ? end_by_reset(fd, peer) : end_orderly(fd, *peer);
}

/* With these it would have no port when it is asked for it, not hear a peer who is not next to it, or not be on the loopback
 * device. inet_finish() sets what they were. */
static int set_aside(int fd, int family)
{
	static const struct {
		int level, option;
	} options[] = {
		{ IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT },
		{ IPPROTO_IP, IP_MINTTL },
		{ IPPROTO_IPV6, IPV6_MINHOPCOUNT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		int now = 0, ret;

		if (options[i].level == IPPROTO_IPV6 && family != AF_INET6)
			continue;
		ret = tcp_get(fd, options[i].level, options[i].option, &now);
		if (ret == 0 && now)
			ret = tcp_set(fd, options[i].level, options[i].option, 0);
		if (ret < 0 && ret != -ENOPROTOOPT) /* this kernel has no such option */
			return ret;
	}
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "", 0) < 0 ? -errno : 0;
}

int tcp_ended_make(const struct file *file, const struct tcp_socket *tcp, int fd)
{
	_cleanup_close_ int peer = socket(tcp->inet->info.family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	int mark = 0, ret = peer < 0 ? -errno : tcp_get(fd, SOL_SOCKET, SO_MARK, &mark);

	if (ret == 0)
		ret = set_aside(fd, tcp->inet->info.family);
	if (ret == 0)
		ret = end_marked(tcp, fd, &peer);
	if (ret == 0)
		ret = tcp_set(fd, SOL_SOCKET, SO_MARK, mark);
	return ret < 0 ? log_errno(ret, "file %u: TCP socket: what is left of its connection cannot be made",
				   file->id)
		       : 0;
}
