// SPDX-License-Identifier: GPL-2.0-only
/* Records of TCP sockets, and the images of their connections: input from strangers. */
#include <errno.h>
#include <string.h>

#include "criu/image/file.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/network-lock.h"
#include "criu/objects/socket/tcp-internal.h"
#include "criu/options/options.h"
#include "criu/util/log.h"

/* tcp_mem would not allow for more. */
#define QUEUE_MAX (1U << 30)
#define WSCALE_MAX 14 /* TCP_MAX_WSCALE */
#define BACKLOG_MAX INT32_MAX

/* What the kernel would not take (tcp_repair_set_window in net/ipv4/tcp.c). Numbers of the sequence go round. */
static bool is_window_proper(const TcpStreamEntry *stream)
{
	if (!stream->has_snd_wnd || !stream->has_rcv_wnd)
		return true;
	return stream->max_window >= stream->snd_wnd &&
	       (int32_t)(stream->snd_wl1 - (stream->inq_seq + stream->rcv_wnd)) <= 0 &&
	       (int32_t)(stream->rcv_wup - stream->inq_seq) <= 0;
}

static const char *find_problem(const struct tcp_socket *tcp)
{
	const TcpStreamEntry *stream = tcp->stream;

	if (stream->inq_len > QUEUE_MAX || stream->outq_len > QUEUE_MAX)
		return "its queues are too long";
	if (stream->has_unsq_len && stream->unsq_len > stream->outq_len)
		return "more was not sent than there is";
	if (stream->snd_wscale > WSCALE_MAX || (stream->has_rcv_wscale && stream->rcv_wscale > WSCALE_MAX))
		return "its window scale is too large";
	if (stream->mss_clamp > UINT16_MAX)
		return "its segments are too long";
	if (stream->has_urgent && (tcp->ended || stream->urgent >= stream->inq_len))
		return "its urgent data are not in its receive queue";
	if (tcp->ended)
		return NULL;
	if (tcp->state != STATE_SYN_SENT && !is_window_proper(stream))
		return "its window contradicts its sequence";
	if (!tcp->inet->has_peer || !inet_port(&tcp->inet->peer) || !inet_port(&tcp->inet->local))
		return "it has no addresses";
	return NULL;
}

static int read_queues(struct restore *restore, struct image_file *image, struct tcp_socket *tcp)
{
	uint32_t received = tcp->stream->inq_len, sent = tcp->stream->outq_len;
	uint8_t *data;

	if (image_bytes_left(image) != (uint64_t)received + sent)
		return -EBADMSG;
	data = arena_array(&restore->arena, uint8_t, (size_t)received + sent + 1);
	tcp->received = data;
	tcp->sent = data + received;
	return image_read_bytes(image, data, (size_t)received + sent);
}

static TcpStreamEntry *copy_stream(struct restore *restore, const ProtobufCMessage *message)
{
	TcpStreamEntry *stream = arena_copy(&restore->arena, message, sizeof(*stream));

	/* Numbers only: nothing of it points anywhere. */
	stream->base.n_unknown_fields = 0;
	stream->base.unknown_fields = NULL;
	return stream;
}

static int load_stream(struct restore *restore, const struct file *file, struct tcp_socket *tcp)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	_cleanup_message_ ProtobufCMessage *message = NULL;
	uint32_t inode = tcp->inet->record->ino;
	const char *problem;
	int ret = image_open(restore->images, IMAGE_TCP_STREAM, inode, &image);

	if (ret == 0)
		ret = image_read_record(image, NULL, &message);
	if (ret <= 0)
		return log_errno(ret < 0 ? ret : -EBADMSG, "file %u: cannot read 'tcp-stream-%x.img'",
				 file->id, inode);
	tcp->stream = copy_stream(restore, message);
	problem = find_problem(tcp);
	if (problem)
		return log_fail(-EBADMSG, "'tcp-stream-%x.img': %s", inode, problem);
	tcp_plan_send_queue(tcp);
	ret = read_queues(restore, image, tcp);
	return ret < 0 ? log_errno(ret, "'tcp-stream-%x.img': its queues cannot be read", inode) : 0;
}

static int load_connection(struct restore *restore, const struct file *file, struct tcp_socket *tcp)
{
	const InetSkEntry *record = tcp->inet->record;
	struct nft_connection connection;
	char text[INET_TEXT_SIZE];

	if (restore->options->tcp_close || (restore->inventory->has_tcp_close && restore->inventory->tcp_close)) {
		tcp->closed = true;
		network_lock_add_closed(restore, record->has_ns_id, record->ns_id);
		if (!restore->options->tcp_close)
			restore_refuse(restore, NULL,
				       "file %u: a TCP connection was not kept by the dump (--tcp-close); say "
				       "--tcp-close to let it come back closed",
				       file->id);
		return 0;
	}
	if (!restore->options->tcp_established)
		restore_refuse(restore, NULL, "file %u: a TCP connection with %s; it needs --tcp-established",
			       file->id, inet_format(&tcp->inet->peer, text));
	if (tcp->inet->info.protocol == IPPROTO_MPTCP)
		return log_fail(-EBADMSG, "file %u: a connection of Multipath TCP has no image", file->id);
	tcp->is_arriving = tcp->inet->record->has_waits_at;
	if (!tcp->is_arriving && tcp_connection_of(&tcp->inet->local, &tcp->inet->peer, &connection))
		network_lock_add_restored(restore, record->has_ns_id, record->ns_id, &connection);
	return load_stream(restore, file, tcp);
}

int tcp_load(struct restore *restore, struct file *file)
{
	struct tcp_socket *tcp = arena_new(&restore->arena, struct tcp_socket);
	const char *problem;
	int ret = inet_load(restore, file, &tcp->inet);

	if (ret < 0)
		return ret;
	file->object = tcp;
	tcp->state = tcp->inet->record->state;
	problem = tcp_options_problem(tcp->inet->record);
	if (problem)
		return log_fail(-EBADMSG, "files.img: file %u: TCP socket: %s", file->id, problem);
	if (tcp->inet->record->backlog > BACKLOG_MAX || tcp->inet->record->shutdown > SK_SHUTDOWN__BOTH)
		return log_fail(-EBADMSG, "files.img: file %u is no proper TCP socket", file->id);
	tcp->ended = tcp->state == STATE_CLOSE && tcp->inet->record->tcp_ended;
	if (tcp->ended)
		return load_stream(restore, file, tcp);
	if (tcp->state == STATE_LISTEN) {
		network_lock_add_restored(restore, tcp->inet->record->has_ns_id, tcp->inet->record->ns_id, NULL);
		return tcp_load_waiting(restore, file, tcp);
	}
	if (tcp->state == STATE_CLOSE)
		return 0;
	if (tcp->state != STATE_SYN_SENT && !state_is(tcp->state, STATES_CONNECTED))
		return log_fail(-EBADMSG, "files.img: file %u: a TCP socket is in the impossible state %u",
				file->id, tcp->state);
	return load_connection(restore, file, tcp);
}
