// SPDX-License-Identifier: GPL-2.0-only
/* A connection is made without a packet: in repair mode connect(2) believes what it is told (net/ipv4/tcp.c). Whatever is
 * in the receive queue counts as come. An end of the stream that has come, or was confirmed, cannot be told: a segment as
 * from the peer says so. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/tcp-internal.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define TCPOPT_MSS 2
#define TCPOPT_WINDOW 3
#define TCPOPT_SACK_PERMITTED 4
#define TCPOPT_TIMESTAMP 8
#define SEGMENT_MIN 88	  /* TCP_MIN_MSS */
#define SEGMENT_MAX 32767 /* MAX_TCP_WINDOW */
#define SEGMENT_USUAL 536 /* TCP_MSS_DEFAULT */
#define CHUNK_MAX 65536
#define STATE_TRIES 5000 /* milliseconds */
/* Memory that the kernel counts for a byte of a queue, at most about. */
#define OVERHEAD 4

struct making {
	struct tcp_socket *tcp;
	const TcpStreamEntry *stream;
	int fd;
	uint32_t received, sent; /* behind the last bytes of the queues, without ends of the stream */
};

int tcp_set_sequence(int fd, int queue, uint32_t sequence)
{
	int ret = tcp_set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue);

	return ret < 0 ? ret : tcp_set(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, (int)sequence);
}

static int set_sequences(const struct making *making)
{
	/* What a SYN has is one of them, too. */
	uint32_t sent = making->tcp->state == STATE_SYN_SENT ? making->sent - 1
							     : making->sent - making->stream->outq_len;
	int ret = tcp_set_sequence(making->fd, TCP_SEND_QUEUE, sent);

	if (ret < 0 || making->tcp->state == STATE_SYN_SENT)
		return ret;
	return tcp_set_sequence(making->fd, TCP_RECV_QUEUE, making->received - making->stream->inq_len);
}

static int set_agreement(const struct making *making)
{
	const TcpStreamEntry *stream = making->stream;
	uint32_t scales = stream->snd_wscale | (stream->has_rcv_wscale ? stream->rcv_wscale : 0) << 16;
	struct tcp_repair_opt options[4];
	size_t nr = 0;

	if (stream->opt_mask & TCPI_OPT_SACK)
		options[nr++] = (struct tcp_repair_opt){ TCPOPT_SACK_PERMITTED, 0 };
	if (stream->opt_mask & TCPI_OPT_WSCALE)
		options[nr++] = (struct tcp_repair_opt){ TCPOPT_WINDOW, scales };
	if (stream->opt_mask & TCPI_OPT_TIMESTAMPS)
		options[nr++] = (struct tcp_repair_opt){ TCPOPT_TIMESTAMP, 0 };
	options[nr++] = (struct tcp_repair_opt){ TCPOPT_MSS, stream->mss_clamp };
	if (setsockopt(making->fd, IPPROTO_TCP, TCP_REPAIR_OPTIONS, options, nr * sizeof(*options)) < 0)
		return -errno;
	if (!(stream->opt_mask & TCPI_OPT_TIMESTAMPS) || !stream->has_timestamp)
		return 0;
	return tcp_set(making->fd, IPPROTO_TCP, TCP_TIMESTAMP, (int)stream->timestamp);
}

/* The kernel doubles it; inet_finish() sets what it was. */
int tcp_make_room(int fd, int option, int forced, uint32_t size)
{
	int wanted = (int)MIN((uint64_t)size * OVERHEAD + CHUNK_MAX, (uint64_t)INT32_MAX / 2), now;
	int ret = tcp_get(fd, SOL_SOCKET, option, &now);

	return ret < 0 || now >= wanted ? ret : tcp_set(fd, SOL_SOCKET, forced, wanted);
}

/* The kernel takes what it finds memory for: larger pieces may fail. */
int tcp_fill_queue(int fd, const uint8_t *data, size_t size)
{
	size_t chunk = CHUNK_MAX;

	while (size) {
		ssize_t put = send(fd, data, MIN(size, chunk), MSG_DONTWAIT | MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0 && chunk > 1024)
			chunk /= 2;
		else if (put <= 0)
			return put < 0 ? -errno : -ENOBUFS;
		data += MAX(put, 0);
		size -= (size_t)MAX(put, 0);
	}
	return 0;
}

static int fill_received(const struct making *making)
{
	const TcpStreamEntry *stream = making->stream;
	int ret = tcp_make_room(making->fd, SO_RCVBUF, SO_RCVBUFFORCE, stream->inq_len);

	if (ret == 0)
		ret = tcp_set(making->fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);
	if (ret == 0 && stream->has_urgent)
		return tcp_fill_urgent(making->tcp, making->fd, making->received - stream->inq_len,
				       making->sent - stream->outq_len);
	return ret < 0 ? ret : tcp_fill_queue(making->fd, making->tcp->received, stream->inq_len);
}

static int fill_sent(const struct making *making)
{
	return tcp_fill_send_queue(making->tcp, making->fd);
}

/* Packets to ourselves need not arrive at once. */
int tcp_wait_for_state(int fd, uint32_t state)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct tcp_info info = { 0 };
	int ret = 0;

	for (int i = 0; i < STATE_TRIES && ret == 0; i++) {
		ret = tcp_read_info(fd, &info);
		if (ret == 0 && info.tcpi_state == state)
			return 0;
		nanosleep(&pause, NULL);
	}
	return ret < 0 ? ret : -ETIMEDOUT;
}

static int send_segment(const struct making *making, uint32_t acknowledged, uint8_t flags)
{
	const struct inet_socket *inet = making->tcp->inet;

	/* What is held is so until the peer opens its window. */
	const struct tcp_segment segment = {
		.sequence = making->received,
		.acknowledged = acknowledged,
		.flags = flags,
		.window = making->tcp->held ? 0 : UINT16_MAX,
	};

	return tcp_send_segment(&inet->local, &inet->peer, &segment);
}

static int let_end_come(const struct making *making, uint32_t state)
{
	int ret = send_segment(making, making->sent - making->stream->outq_len, FLAG_FIN | FLAG_ACK);

	return ret < 0 ? ret : tcp_wait_for_state(making->fd, state);
}

static int confirm_end(const struct making *making)
{
	int ret = send_segment(making, making->sent + 1, FLAG_ACK);

	return ret < 0 ? ret : tcp_wait_for_state(making->fd, STATE_FIN_WAIT2);
}

/* In the order in which the ends were sent and came. */
static int make_ends(const struct making *making)
{
	uint32_t state = making->tcp->state;
	int ret = 0;

	if (state == STATE_CLOSE_WAIT || state == STATE_LAST_ACK)
		ret = let_end_come(making, STATE_CLOSE_WAIT);
	if (ret == 0 && state_is(state, STATES_FIN_SENT))
		ret = tcp_send_end(making->tcp, making->fd);
	if (ret == 0 && state == STATE_FIN_WAIT2)
		ret = confirm_end(making);
	if (ret == 0 && state == STATE_CLOSING)
		ret = let_end_come(making, STATE_CLOSING);
	return ret;
}

static int set_window(const struct making *making)
{
	const TcpStreamEntry *stream = making->stream;
	struct tcp_repair_window window = {
		.snd_wl1 = stream->snd_wl1,
		.snd_wnd = making->tcp->held ? 0 : stream->snd_wnd,
		.max_window = stream->max_window,
		.rcv_wnd = stream->rcv_wnd,
		.rcv_wup = stream->rcv_wup,
	};

	if (!stream->has_snd_wnd || !stream->has_rcv_wnd)
		return 0;
	return setsockopt(making->fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &window, sizeof(window)) < 0 ? -errno : 0;
}

/* Closed for reading by the task itself: the peer does not know of it. */
static int close_reading(const struct making *making)
{
	bool closed = making->tcp->inet->record->shutdown & SK_SHUTDOWN__READ;

	if (!closed || state_is(making->tcp->state, STATES_FIN_CAME))
		return 0;
	return shutdown(making->fd, SHUT_RD) < 0 ? -errno : 0;
}

static const struct {
	const char *what;
	int (*run)(const struct making *making);
} stages[] = {
	{ "what was agreed upon", set_agreement },
	{ "its receive queue", fill_received },
	{ "its send queue", fill_sent },
	{ "the ends of its stream", make_ends },
	{ "its window", set_window },
	{ "shutdown", close_reading },
};

/* How large segments are is found by connect(2), from the limit that a SYN would tell: without it they stay as small as
 * every network must take (tcp_connect_init in tcp_output.c). Larger than half of the window they would wait for a timer
 * each (tcp_bound_to_half_wnd); the kernel does not know the window yet. */
static uint32_t find_segment_limit(const TcpStreamEntry *stream)
{
	uint32_t limit = MIN(stream->mss_clamp, (uint32_t)SEGMENT_MAX);

	if (stream->has_max_window && stream->max_window > SEGMENT_USUAL)
		limit = MIN(limit, stream->max_window / 2);
	return MAX(limit, (uint32_t)SEGMENT_MIN);
}

static int make_connection(const struct making *making, const char **ret_what)
{
	int limit = (int)find_segment_limit(making->stream),
	    ret = tcp_set(making->fd, IPPROTO_TCP, TCP_MAXSEG, limit);

	*ret_what = "the connection";
	if (ret == 0 && connect(making->fd, &making->tcp->inet->peer.any, making->tcp->inet->size) < 0)
		ret = -errno;
	if (ret == 0)
		ret = tcp_set(making->fd, IPPROTO_TCP, TCP_MAXSEG, 0);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		ret = stages[i].run(making);
		*ret_what = stages[i].what;
		if (ret < 0)
			return ret;
	}
	return tcp_set(making->fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_NO_QUEUE);
}

/* In a network namespace without any address the kernel lets a socket have each of them. */
static const char *cure_of(int error)
{
	return error == -ENETUNREACH || error == -EHOSTUNREACH
		       ? ", as no route leads there (add address and route before the restore)"
		       : "";
}

int tcp_connect(struct restore *restore, const struct file *file, struct tcp_socket *tcp, int fd)
{
	struct making making = {
		.tcp = tcp,
		.stream = tcp->stream,
		.fd = fd,
		.received = tcp->stream->inq_seq - state_is(tcp->state, STATES_FIN_CAME),
		.sent = tcp->stream->outq_seq - state_is(tcp->state, STATES_FIN_SENT),
	};
	const char *what = "repair mode";
	char local[INET_TEXT_SIZE], peer[INET_TEXT_SIZE];
	int ret = tcp_set(fd, IPPROTO_TCP, TCP_REPAIR, TCP_REPAIR_ON);

	if (ret == 0)
		ret = set_sequences(&making);
	if (ret == 0) {
		ret = inet_bind(restore, file, tcp->inet, fd);
		if (ret <= 0)
			return ret;
		ret = tcp->state == STATE_SYN_SENT ? 0 : make_connection(&making, &what);
	}
	return ret < 0 ? log_errno(ret, "file %u: TCP connection %s - %s: %s cannot be made%s", file->id,
				   inet_format(&tcp->inet->local, local), inet_format(&tcp->inet->peer, peer),
				   what, cure_of(ret))
		       : 1;
}
