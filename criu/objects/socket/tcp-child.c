// SPDX-License-Identifier: GPL-2.0-only
/* A TCP connection that waits to be accepted, in the memory of the kernel: the queue of the listener, and in it sockets that
 * have no descriptor yet (include/net/request_sock.h, include/linux/tcp.h). */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "criu/kernel/kernel-view.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/objects/socket/tcp-internal.h"
#include "criu/util/arena.h"
#include "criu/util/macros.h"

#define WAITING_MAX 1000000
#define QUEUE_MAX (1U << 30)
#define STEADY_ROUNDS 1000

/* What is read of a socket. */
enum number {
	STATE,
	FAMILY,
	PEER_PORT,
	LOCAL_PORT,
	ERROR,
	DEVICE,
	RECEIVED,
	COPIED,
	SENT,
	UNACKNOWLEDGED,
	WRITTEN,
	SEND_WINDOW,
	MAX_WINDOW,
	WINDOW_AT,
	RECEIVE_WINDOW,
	RECEIVE_WINDOW_AT,
	URGENT,
	SEGMENT,
	SEND_SCALE,
	RECEIVE_SCALE,
	SCALED,
	SACK,
	TIMESTAMPS,
	PEER_TIMESTAMP,
	CLOCK_OFFSET,
	MICROSECONDS,
	NR_NUMBERS
};

static const struct {
	const char *structure, *path;
} places[NR_NUMBERS] = {
	[STATE] = { "sock", "__sk_common.skc_state" },
	[FAMILY] = { "sock", "__sk_common.skc_family" },
	[PEER_PORT] = { "sock", "__sk_common.skc_dport" },
	[LOCAL_PORT] = { "sock", "__sk_common.skc_num" },
	[ERROR] = { "sock", "sk_err" },
	[DEVICE] = { "sock", "__sk_common.skc_bound_dev_if" },
	[RECEIVED] = { "tcp_sock", "rcv_nxt" },
	[COPIED] = { "tcp_sock", "copied_seq" },
	[SENT] = { "tcp_sock", "snd_nxt" },
	[UNACKNOWLEDGED] = { "tcp_sock", "snd_una" },
	[WRITTEN] = { "tcp_sock", "write_seq" },
	[SEND_WINDOW] = { "tcp_sock", "snd_wnd" },
	[MAX_WINDOW] = { "tcp_sock", "max_window" },
	[WINDOW_AT] = { "tcp_sock", "snd_wl1" },
	[RECEIVE_WINDOW] = { "tcp_sock", "rcv_wnd" },
	[RECEIVE_WINDOW_AT] = { "tcp_sock", "rcv_wup" },
	[URGENT] = { "tcp_sock", "urg_data" },
	[SEGMENT] = { "tcp_sock", "rx_opt.mss_clamp" },
	[SEND_SCALE] = { "tcp_sock", "rx_opt.snd_wscale" },
	[RECEIVE_SCALE] = { "tcp_sock", "rx_opt.rcv_wscale" },
	[SCALED] = { "tcp_sock", "rx_opt.wscale_ok" },
	[SACK] = { "tcp_sock", "rx_opt.sack_ok" },
	[TIMESTAMPS] = { "tcp_sock", "rx_opt.tstamp_ok" },
	[PEER_TIMESTAMP] = { "tcp_sock", "rx_opt.ts_recent" },
	[CLOCK_OFFSET] = { "tcp_sock", "tsoffset" },
	[MICROSECONDS] = { "tcp_sock", "tcp_usec_ts" }, /* from Linux 6.7 on */
};

struct walk {
	struct arena *arena;
	struct kernel_view *view;
	bool with_data;
	uint64_t numbers[NR_NUMBERS];
	struct tcp_child child;
	uint32_t next; /* number of the sequence behind the bytes that were read */
};

static int read_numbers(struct walk *walk)
{
	for (size_t i = 0; i < NR_NUMBERS; i++) {
		int ret = kernel_view_get(walk->view, walk->child.sock, places[i].structure, places[i].path,
					  &walk->numbers[i]);

		if (ret == -ENOENT && i == MICROSECONDS)
			walk->numbers[i] = 0;
		else if (ret < 0)
			return ret;
	}
	return 0;
}

static int read_ends(struct walk *walk)
{
	struct nft_connection *connection = &walk->child.connection;
	bool v6 = walk->numbers[FAMILY] == AF_INET6;
	size_t size = v6 ? 16 : 4;
	uint64_t local, peer;
	int ret = kernel_view_locate(walk->view, walk->child.sock, "sock",
				     v6 ? "__sk_common.skc_v6_rcv_saddr" : "__sk_common.skc_rcv_saddr", &local);

	memset(connection, 0, sizeof(*connection));
	connection->family = v6 ? AF_INET6 : AF_INET;
	walk->child.device = (uint32_t)walk->numbers[DEVICE];
	connection->local_port = htons((uint16_t)walk->numbers[LOCAL_PORT]);
	connection->peer_port = (uint16_t)walk->numbers[PEER_PORT];
	if (ret == 0)
		ret = kernel_view_locate(walk->view, walk->child.sock, "sock",
					 v6 ? "__sk_common.skc_v6_daddr" : "__sk_common.skc_daddr", &peer);
	if (ret == 0)
		ret = kernel_view_read(walk->view, local, connection->local, size);
	return ret < 0 ? ret : kernel_view_read(walk->view, peer, connection->peer, size);
}

/* Packets have IPv4 addresses in any case. */
static void map_ends(struct nft_connection *connection)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (connection->family != AF_INET6 || memcmp(connection->peer, mapped, sizeof(mapped)) != 0)
		return;
	connection->family = AF_INET;
	memmove(connection->peer, connection->peer + 12, 4);
	memmove(connection->local, connection->local + 12, 4);
	memset(connection->peer + 4, 0, 12);
	memset(connection->local + 4, 0, 12);
}

/* tcp_clock_ts() in include/net/tcp.h */
static uint32_t read_clock(const struct walk *walk)
{
	struct timespec now;
	uint64_t microseconds;

	clock_gettime(CLOCK_MONOTONIC, &now);
	microseconds = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
	return (uint32_t)(walk->numbers[MICROSECONDS] ? microseconds : microseconds / 1000) +
	       (uint32_t)walk->numbers[CLOCK_OFFSET];
}

static void fill_stream(struct walk *walk)
{
	const uint64_t *numbers = walk->numbers;
	TcpStreamEntry *stream = &walk->child.stream;

	tcp_stream_entry__init(stream);
	stream->inq_seq = (uint32_t)numbers[RECEIVED];
	stream->inq_len = (uint32_t)numbers[RECEIVED] - (uint32_t)numbers[COPIED] -
			  state_is(walk->child.state, STATES_FIN_CAME);
	stream->outq_seq = (uint32_t)numbers[SENT];
	stream->opt_mask = (numbers[TIMESTAMPS] ? TCPI_OPT_TIMESTAMPS : 0) |
			   (numbers[SACK] ? TCPI_OPT_SACK : 0) | (numbers[SCALED] ? TCPI_OPT_WSCALE : 0);
	stream->snd_wscale = (uint32_t)numbers[SEND_SCALE];
	stream->has_rcv_wscale = true;
	stream->rcv_wscale = (uint32_t)numbers[RECEIVE_SCALE];
	stream->mss_clamp = (uint32_t)numbers[SEGMENT];
	stream->has_timestamp = numbers[TIMESTAMPS] != 0;
	stream->timestamp = read_clock(walk);
	stream->has_snd_wl1 = stream->has_snd_wnd = stream->has_max_window = true;
	stream->has_rcv_wnd = stream->has_rcv_wup = true;
	stream->snd_wl1 = (uint32_t)numbers[WINDOW_AT];
	stream->snd_wnd = (uint32_t)numbers[SEND_WINDOW];
	stream->max_window = (uint32_t)numbers[MAX_WINDOW];
	stream->rcv_wnd = (uint32_t)numbers[RECEIVE_WINDOW];
	stream->rcv_wup = (uint32_t)numbers[RECEIVE_WINDOW_AT];
	walk->child.peer_timestamp = (uint32_t)numbers[PEER_TIMESTAMP];
	walk->child.microseconds = numbers[MICROSECONDS] != 0;
}

/* Skbs may hold bytes that others before them held as well. */
static int take_skb(void *context, struct kernel_view *view, uint64_t skb)
{
	struct walk *walk = context;
	uint32_t start = (uint32_t)walk->numbers[COPIED], end = start + walk->child.stream.inq_len;
	uint64_t control, sequence, length;
	uint32_t skipped, size;
	int ret = kernel_view_locate(view, skb, "sk_buff", "cb", &control);

	if (ret == 0)
		ret = kernel_view_get(view, control, "tcp_skb_cb", "seq", &sequence);
	if (ret == 0)
		ret = kernel_view_get(view, skb, "sk_buff", "len", &length);
	if (ret < 0)
		return ret;
	skipped = walk->next - (uint32_t)sequence;
	if (skipped > INT32_MAX) /* a hole */
		return -ENODATA;
	if (skipped >= length)
		return 0;
	size = MIN((uint32_t)length - skipped, end - walk->next);
	ret = queue_view_read(view, skb, skipped, walk->child.received + (walk->next - start), size);
	walk->next += size;
	return ret;
}

static int read_data(struct walk *walk)
{
	uint64_t queue, first;
	int ret = kernel_view_locate(walk->view, walk->child.sock, "sock", "sk_receive_queue", &queue);

	if (ret == 0)
		ret = kernel_view_get(walk->view, queue, "sk_buff_head", "next", &first);
	if (ret < 0)
		return ret;
	walk->child.received = arena_alloc(walk->arena, walk->child.stream.inq_len + 1UL);
	walk->next = (uint32_t)walk->numbers[COPIED];
	ret = queue_view_walk(walk->view, first, queue, take_skb, walk);
	if (ret < 0)
		return ret;
	return walk->next - (uint32_t)walk->numbers[COPIED] == walk->child.stream.inq_len ? 0 : -ENODATA;
}

static int check_state(struct walk *walk)
{
	const uint64_t *numbers = walk->numbers;

	walk->child.state = (uint32_t)numbers[STATE];
	if (numbers[STATE] == STATE_SYN_RECV)
		return -EINPROGRESS;
	if (numbers[ERROR] || (numbers[STATE] != STATE_ESTABLISHED && numbers[STATE] != STATE_CLOSE_WAIT))
		return -ECONNRESET;
	if (numbers[URGENT])
		return -ENOMSG;
	if (numbers[SENT] != numbers[UNACKNOWLEDGED] || numbers[SENT] != numbers[WRITTEN])
		return -EINPROGRESS;
	return (uint32_t)numbers[RECEIVED] - (uint32_t)numbers[COPIED] > QUEUE_MAX ? -EBADMSG : 0;
}

/* Until nothing has come in between. */
static int read_child(struct walk *walk)
{
	const struct timespec moment = { .tv_nsec = 200 * 1000 };

	for (int round = 0; round < STEADY_ROUNDS; round++) {
		uint64_t received;
		int ret = read_numbers(walk);

		if (ret == 0)
			ret = check_state(walk);
		if (ret == 0)
			ret = read_ends(walk);
		if (ret < 0)
			return ret;
		map_ends(&walk->child.connection);
		fill_stream(walk);
		ret = walk->with_data ? read_data(walk) : 0;
		received = walk->numbers[RECEIVED];
		if (ret == 0)
			ret = read_numbers(walk);
		if (ret == 0 && received == walk->numbers[RECEIVED])
			return 0;
		if (ret < 0 && ret != -ENODATA)
			return ret;
		nanosleep(&moment, NULL);
	}
	return -EAGAIN;
}

int tcp_walk_children(struct arena *arena, struct kernel_view *view, uint64_t listener, bool with_data,
		      int (*take)(void *context, const struct tcp_child *child), void *context)
{
	struct walk walk = { .arena = arena, .view = view, .with_data = with_data };
	uint64_t request;
	int ret = kernel_view_get(view, listener, "inet_connection_sock",
				  "icsk_accept_queue.rskq_accept_head", &request);

	for (unsigned int i = 0; ret == 0 && request; i++) {
		ret = i < WAITING_MAX ? kernel_view_get(view, request, "request_sock", "sk", &walk.child.sock)
				      : -ELOOP;
		if (ret == 0)
			ret = read_child(&walk);
		if (ret == 0)
			ret = take(context, &walk.child);
		if (ret == 0)
			ret = kernel_view_get(view, request, "request_sock", "dl_next", &request);
	}
	return ret;
}
