// SPDX-License-Identifier: GPL-2.0-only
/* Urgent data in a receive queue: a mark at one byte, which stands in the queue like any other. Reading stops at the mark,
 * and unless SO_OOBINLINE is set the byte itself is read apart from the others, by MSG_OOB (tcp(7), net/ipv4/tcp.c). */
#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "criu/objects/socket/tcp-internal.h"

#define WAIT_TRIES 5000 /* milliseconds */

/* --- dump --- */

enum tcp_urgent tcp_look_at_urgent(int socket)
{
	char byte;

	if (recv(socket, &byte, 1, MSG_OOB | MSG_PEEK | MSG_DONTWAIT) > 0)
		return URGENT_IS_THERE;
	return errno == EAGAIN ? URGENT_WILL_COME : URGENT_NONE;
}

int tcp_read_urgent(int socket, TcpStreamEntry *stream)
{
	enum tcp_urgent urgent;
	int before_mark = 0, all = 0, ret = tcp_set(socket, SOL_SOCKET, SO_OOBINLINE, 0);

	if (ret == 0 && ioctl(socket, SIOCINQ, &before_mark) < 0)
		ret = -errno;
	if (ret < 0)
		return ret;
	urgent = tcp_look_at_urgent(socket);
	if (urgent == URGENT_WILL_COME)
		return -ENOTSUP;
	ret = tcp_set(socket, SOL_SOCKET, SO_OOBINLINE, 1);
	if (ret == 0 && ioctl(socket, SIOCINQ, &all) < 0)
		ret = -errno;
	stream->inq_len = (uint32_t)all;
	stream->has_urgent = before_mark != all;
	stream->urgent = (uint32_t)before_mark;
	stream->has_urgent_read = stream->urgent_read = stream->has_urgent && urgent == URGENT_NONE;
	return ret;
}

/* --- restore --- */

/* Without, the byte would not be taken. */
static int open_window(int fd)
{
	struct tcp_repair_window window;
	socklen_t size = sizeof(window);
	int ret = tcp_set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);

	if (ret == 0)
		ret = tcp_get(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, (int *)&window.rcv_wup);
	if (ret < 0)
		return ret;
	window = (struct tcp_repair_window){
		.snd_wl1 = window.rcv_wup,
		.rcv_wnd = UINT16_MAX,
		.rcv_wup = window.rcv_wup,
	};
	return setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &window, size) < 0 ? -errno : 0;
}

static int wait_for_sequence(int fd, uint32_t wanted)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	uint32_t now = wanted - 1;
	int ret = tcp_set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);

	for (int i = 0; i < WAIT_TRIES && ret == 0; i++) {
		ret = tcp_get(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, (int *)&now);
		if (ret == 0 && now == wanted)
			return 0;
		nanosleep(&pause, NULL);
	}
	return ret < 0 ? ret : -ETIMEDOUT;
}

/* The byte as from the peer; the urgent pointer 0 means the first one of its segment whatever net.ipv4.tcp_stdurg says. */
static int let_byte_come(const struct tcp_socket *tcp, int fd, uint32_t sequence, uint32_t acknowledged)
{
	const struct tcp_segment segment = {
		.sequence = sequence,
		.acknowledged = acknowledged,
		.flags = FLAG_ACK | FLAG_PUSH | FLAG_URGENT,
		.window = UINT16_MAX,
		.size = 1,
		.data = &tcp->received[tcp->stream->urgent],
	};
	int ret = tcp_send_segment(&tcp->inet->local, &tcp->inet->peer, &segment);

	return ret < 0 ? ret : wait_for_sequence(fd, sequence + 1);
}

static int take_byte(int fd)
{
	char byte;
	int ret = tcp_set(fd, SOL_SOCKET, SO_OOBINLINE, 0);

	return ret == 0 && recv(fd, &byte, 1, MSG_OOB | MSG_DONTWAIT) < 0 ? -errno : ret;
}

int tcp_fill_urgent(const struct tcp_socket *tcp, int fd, uint32_t first, uint32_t acknowledged)
{
	const TcpStreamEntry *stream = tcp->stream;
	uint32_t behind = stream->urgent + 1;
	int ret = tcp_fill_queue(fd, tcp->received, stream->urgent);

	if (ret == 0)
		ret = open_window(fd);
	if (ret == 0)
		ret = let_byte_come(tcp, fd, first + stream->urgent, acknowledged);
	if (ret == 0 && stream->urgent_read)
		ret = take_byte(fd);
	return ret < 0 ? ret : tcp_fill_queue(fd, tcp->received + behind, stream->inq_len - behind);
}
