// SPDX-License-Identifier: GPL-2.0-only
/* The send queue of a connection that is made again, up to its end if the task has closed it.
 *
 * What is put there in repair mode counts as sent: when it was lost meanwhile the kernel waits for a time-out of seconds, as
 * it knows no round trip yet (tcp_init_metrics in net/ipv4/tcp_metrics.c). So as much as fits into the first flight is not
 * called sent, but sent when the tree is let go, which costs a peer that has it already nothing. With more of it that would
 * not do: an acknowledgement of what was never sent is thrown away (tcp_ack in net/ipv4/tcp_input.c), and ours would end
 * in the middle of what the peer has.
 *
 * Such data are put there outside of repair mode while the window of the peer is told to be closed. */
#include <errno.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "criu/objects/socket/tcp-internal.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* Of ten segments that may be on their way before the first is confirmed (TCP_INIT_CWND), and a usual path. */
#define FLIGHT_SEGMENTS 8
#define USUAL_SEGMENT 1200
#define STATES_FIN_UNCONFIRMED \
	(STATE_BIT(STATE_FIN_WAIT1) | STATE_BIT(STATE_CLOSING) | STATE_BIT(STATE_LAST_ACK))

static uint32_t unsent_of(const TcpStreamEntry *stream)
{
	return stream->has_unsq_len ? stream->unsq_len : 0;
}

/* How much of the queue goes there as sent; the rest is held. */
static uint32_t split_queue(const struct tcp_socket *tcp, bool *ret_held)
{
	const TcpStreamEntry *stream = tcp->stream;
	uint32_t sent = stream->outq_len - unsent_of(stream);
	bool again = sent <= FLIGHT_SEGMENTS * MIN(stream->mss_clamp, USUAL_SEGMENT) && sent <= stream->snd_wnd;

	*ret_held = false;
	if (!stream->has_snd_wnd || !stream->has_rcv_wnd || !stream->has_max_window || tcp->state == STATE_FIN_WAIT2)
		return stream->outq_len;
	if (!again) {
		*ret_held = unsent_of(stream) > 0;
		return sent;
	}
	*ret_held = stream->outq_len || state_is(tcp->state, STATES_FIN_UNCONFIRMED);
	return 0;
}

/* The window of the peer; all else stays. In repair mode. */
static int set_peers_window(const TcpStreamEntry *stream, int fd, uint32_t size)
{
	struct tcp_repair_window window;
	socklen_t length = sizeof(window);

	if (getsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &window, &length) < 0)
		return -errno;
	if (!size) /* nothing has come yet that told of a window */
		window.snd_wl1 = window.rcv_wup;
	window.snd_wnd = size;
	window.max_window = MAX(stream->max_window, size);
	return setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &window, sizeof(window)) < 0 ? -errno : 0;
}

void tcp_plan_send_queue(struct tcp_socket *tcp)
{
	uint32_t sent = state_is(tcp->state, STATES_CONNECTED) ? split_queue(tcp, &tcp->held) : 0;

	tcp->sent_again = tcp->held && !sent;
}

int tcp_fill_send_queue(const struct tcp_socket *tcp, int fd)
{
	const TcpStreamEntry *stream = tcp->stream;
	bool held;
	uint32_t sent = split_queue(tcp, &held);
	int ret = tcp_make_room(fd, SO_SNDBUF, SO_SNDBUFFORCE, stream->outq_len);

	if (ret == 0)
		ret = tcp_set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	if (ret == 0)
		ret = tcp_fill_queue(fd, tcp->sent, sent);
	if (ret < 0 || !tcp->held)
		return ret;
	ret = set_peers_window(stream, fd, 0);
	if (ret == 0)
		ret = tcp_set(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP);
	if (ret == 0)
		ret = tcp_fill_queue(fd, tcp->sent + sent, stream->outq_len - sent);
	return ret < 0 ? ret : tcp_set(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_ON);
}

int tcp_send_end(const struct tcp_socket *tcp, int fd)
{
	int ret = tcp->held ? tcp_set(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP)
			    : tcp_set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);

	if (ret == 0 && shutdown(fd, SHUT_WR) < 0)
		ret = -errno;
	return ret < 0 || !tcp->held ? ret : tcp_set(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_ON);
}

/* --- when the tree is let go: all of it may happen twice --- */

/* Whatever is in the queue goes as far as it may; in repair mode it only counts as sent. */
static void push(int fd)
{
	int nodelay = 0;

	tcp_get(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay);
	tcp_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (!nodelay)
		tcp_set(fd, IPPROTO_TCP, TCP_NODELAY, 0);
}

/* Nothing may be left of what the peer perhaps knows: it must count as sent at least. */
static int call_sent(const struct tcp_socket *tcp, int fd)
{
	int unsent = 0, at_most = unsent_of(tcp->stream) ? (int)unsent_of(tcp->stream) + 1 : 0, ret;

	if (ioctl(fd, SIOCOUTQNSD, &unsent) < 0)
		return -errno;
	if (unsent <= at_most)
		return 0;
	ret = tcp_set(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_ON);
	if (ret == 0)
		ret = tcp_set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	push(fd);
	return ret < 0 ? ret : tcp_set(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF);
}

int tcp_release_send_queue(const struct tcp_socket *tcp, int fd)
{
	int ret;

	if (!tcp->held)
		return tcp_set(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_OFF);
	ret = set_peers_window(tcp->stream, fd, tcp->stream->snd_wnd);
	if (ret < 0 && ret != -EPERM) /* not in repair mode: that was done already */
		return ret;
	ret = tcp_set(fd, IPPROTO_TCP, TCP_REPAIR, tcp->sent_again ? TCP_REPAIR_OFF_NO_WP : TCP_REPAIR_OFF);
	if (ret < 0)
		return ret;
	push(fd);
	return tcp->sent_again ? call_sent(tcp, fd) : 0;
}
