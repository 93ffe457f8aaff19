// SPDX-License-Identifier: GPL-2.0-only
/* The image of a connection: numbers of the sequence, options that were agreed upon, window, and both queues. The socket
 * is in repair mode while it is read (TCP_REPAIR, net/ipv4/tcp.c), under a guard. Nothing is taken out of its queues. */
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "criu/image/file.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/repair-guard.h"
#include "criu/objects/socket/tcp-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define STEADY_ROUNDS 1000
#define OPTIONS_AGREED (TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE | TCPI_OPT_ECN)

struct reading {
	int socket;
	uint32_t state;
	TcpStreamEntry stream;
	void *received, *sent;
	const char *what; /* is being read */
};

static int read_sequence(struct reading *reading, int queue, uint32_t *ret_sequence)
{
	int ret;

	reading->what = "a number of its sequence";
	ret = tcp_set(reading->socket, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue);
	return ret < 0 ? ret : tcp_get(reading->socket, IPPROTO_TCP, TCP_QUEUE_SEQ, (int *)ret_sequence);
}

/* Of the queue that is chosen. Returns what is in it, which may be more than was taken. */
static ssize_t peek(const struct reading *reading, size_t size, void **ret_data)
{
	ssize_t got;

	free(steal_pointer(ret_data));
	*ret_data = malloc(size);
	if (!*ret_data)
		return -ENOMEM;
	got = recv(reading->socket, *ret_data, size, MSG_PEEK | MSG_DONTWAIT);
	return got < 0 ? -errno : got;
}

/* A segment of which the peer has confirmed the beginning stays whole in the send queue until it is sent again
 * (tcp_clean_rtx_queue, net/ipv4/tcp_input.c): the last @size bytes are wanted. */
static int read_queue(const struct reading *reading, size_t size, void **ret_data)
{
	size_t room = size;
	ssize_t got;

	if (!size)
		return 0;
	got = peek(reading, room, ret_data);
	if (got > (ssize_t)size) {
		room = (size_t)got;
		got = peek(reading, room, ret_data);
	}
	if (got < 0)
		return (int)got;
	if ((size_t)got != room)
		return -ENODATA;
	memmove(*ret_data, (uint8_t *)*ret_data + (room - size), size);
	return 0;
}

/* Looking stops at the mark of urgent data. What is behind it takes SO_PEEK_OFF, which TCP has from Linux 6.9 on. */
static int read_around_mark(struct reading *reading)
{
	const TcpStreamEntry *stream = &reading->stream;
	uint32_t first = stream->urgent, left = stream->inq_len - first;
	ssize_t got;
	int ret;

	reading->received = malloc(stream->inq_len);
	if (!reading->received)
		return -ENOMEM;
	got = recv(reading->socket, reading->received, first, MSG_PEEK | MSG_DONTWAIT);
	if (got != (ssize_t)first)
		return got < 0 ? -errno : -ENODATA;
	reading->what = "its queue behind urgent data, which takes Linux 6.9 unless the program has read up to them,";
	ret = tcp_set(reading->socket, SOL_SOCKET, SO_PEEK_OFF, (int)first);
	if (ret < 0)
		return ret;
	got = recv(reading->socket, (char *)reading->received + first, left, MSG_PEEK | MSG_DONTWAIT);
	ret = got < 0 ? -errno : got == (ssize_t)left ? 0 : -ENODATA;
	return tcp_set(reading->socket, SOL_SOCKET, SO_PEEK_OFF, -1) < 0 ? -errno : ret;
}

static int read_received(struct reading *reading)
{
	TcpStreamEntry *stream = &reading->stream;
	int ret = read_sequence(reading, TCP_RECV_QUEUE, &stream->inq_seq);

	if (ret < 0)
		return ret;
	reading->what = "its receive queue";
	ret = tcp_read_urgent(reading->socket, stream);
	if (ret == -ENOTSUP)
		reading->what = "where urgent data belong that are announced and have not come";
	if (ret < 0)
		return ret;
	if (stream->has_urgent && stream->urgent)
		return read_around_mark(reading);
	return read_queue(reading, stream->inq_len, &reading->received);
}

/* The end of the stream is counted by the kernel, but it is no byte of the queue. */
static int read_sent(struct reading *reading)
{
	TcpStreamEntry *stream = &reading->stream;
	int all = 0, unsent = 0, ret = read_sequence(reading, TCP_SEND_QUEUE, &stream->outq_seq);

	if (ret < 0)
		return ret;
	reading->what = "its send queue";
	if (ioctl(reading->socket, SIOCOUTQ, &all) < 0 || ioctl(reading->socket, SIOCOUTQNSD, &unsent) < 0)
		return -errno;
	if (state_is(reading->state, STATES_FIN_SENT)) {
		all = MAX(all - 1, 0);
		unsent = MAX(unsent - 1, 0);
	}
	stream->outq_len = (uint32_t)all;
	stream->has_unsq_len = true;
	stream->unsq_len = (uint32_t)unsent;
	return read_queue(reading, stream->outq_len, &reading->sent);
}

static int read_agreement(struct reading *reading, const struct tcp_info *info)
{
	TcpStreamEntry *stream = &reading->stream;
	int segment, ret;

	reading->what = "what was agreed upon";
	stream->opt_mask = info->tcpi_options & OPTIONS_AGREED;
	stream->snd_wscale = info->tcpi_snd_wscale;
	stream->has_rcv_wscale = true;
	stream->rcv_wscale = info->tcpi_rcv_wscale;
	ret = tcp_get(reading->socket, IPPROTO_TCP, TCP_MAXSEG, &segment);
	stream->mss_clamp = (uint32_t)segment;
	if (ret < 0 || !(stream->opt_mask & TCPI_OPT_TIMESTAMPS))
		return ret;
	stream->has_timestamp = true;
	return tcp_get(reading->socket, IPPROTO_TCP, TCP_TIMESTAMP, (int *)&stream->timestamp);
}

static int read_window(struct reading *reading)
{
	TcpStreamEntry *stream = &reading->stream;
	struct tcp_repair_window window;
	socklen_t size = sizeof(window);

	reading->what = "its window";
	if (getsockopt(reading->socket, IPPROTO_TCP, TCP_REPAIR_WINDOW, &window, &size) < 0)
		return -errno;
	stream->has_snd_wl1 = stream->has_snd_wnd = stream->has_max_window = true;
	stream->has_rcv_wnd = stream->has_rcv_wup = true;
	stream->snd_wl1 = window.snd_wl1;
	stream->snd_wnd = window.snd_wnd;
	stream->max_window = window.max_window;
	stream->rcv_wnd = window.rcv_wnd;
	stream->rcv_wup = window.rcv_wup;
	return 0;
}

/* A peer may have reset it after the survey: then there is nothing more to be read. */
static int read_all(struct reading *reading)
{
	struct tcp_info info;
	int ret;

	reading->what = "its state";
	ret = tcp_read_info(reading->socket, &info);
	if (ret < 0)
		return ret;
	reading->state = info.tcpi_state;
	if (reading->state != STATE_SYN_SENT && !state_is(reading->state, STATES_CONNECTED))
		return 0;
	ret = read_received(reading);
	if (ret == 0)
		ret = read_sent(reading);
	if (ret == 0)
		ret = read_agreement(reading, &info);
	return ret < 0 ? ret : read_window(reading);
}

/* What packets change that were on their way when the traffic was locked. */
struct position {
	uint32_t received, written;
	int unacknowledged;
};

static int read_position(struct reading *reading, struct position *ret_position)
{
	int ret = read_sequence(reading, TCP_RECV_QUEUE, &ret_position->received);

	if (ret == 0)
		ret = read_sequence(reading, TCP_SEND_QUEUE, &ret_position->written);
	if (ret == 0 && ioctl(reading->socket, SIOCOUTQ, &ret_position->unacknowledged) < 0)
		ret = -errno;
	return ret;
}

static bool is_same(const struct position *left, const struct position *right)
{
	return left->received == right->received && left->written == right->written &&
	       left->unacknowledged == right->unacknowledged;
}

/* Until nothing has come in between: numbers and queues have to be of one moment. -ENODATA: a queue became shorter. */
static int read_steadily(struct reading *reading)
{
	const struct timespec moment = { .tv_nsec = 200 * 1000 };
	struct position before, after;

	for (int round = 0; round < STEADY_ROUNDS; round++) {
		int ret = read_position(reading, &before), end;

		ret = ret < 0 ? ret : read_all(reading);
		if (ret < 0 && ret != -ENODATA)
			return ret;
		end = read_position(reading, &after);
		if (end < 0 || (ret == 0 && is_same(&before, &after)))
			return end;
		free(steal_pointer(&reading->received));
		free(steal_pointer(&reading->sent));
		nanosleep(&moment, NULL);
	}
	reading->what = "its queues, which go on changing,";
	return -EAGAIN;
}

static int write_image(struct dump *dump, const struct reading *reading, uint32_t inode)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_create(dump->images, IMAGE_TCP_STREAM, inode, &image);

	if (ret == 0)
		ret = image_write_record(image, &reading->stream.base);
	if (ret == 0 && reading->stream.inq_len)
		ret = image_write_bytes(image, reading->received, reading->stream.inq_len);
	if (ret == 0 && reading->stream.outq_len)
		ret = image_write_bytes(image, reading->sent, reading->stream.outq_len);
	return ret < 0 ? ret : image_close(steal_pointer(&image));
}

int tcp_dump_stream(struct dump *dump, const struct fd_info *fd, int socket, InetSkEntry *record)
{
	struct reading reading = { .socket = socket, .stream = TCP_STREAM_ENTRY__INIT, .what = "its repair mode" };
	int ret = repair_guard_begin(dump->repair_guard, fd, socket), end;

	if (ret == 0) {
		ret = read_steadily(&reading);
		end = repair_guard_end(dump->repair_guard, socket);
		ret = ret < 0 ? ret : end;
	}
	record->state = reading.state;
	if (ret < 0)
		log_errno(ret, "task %d: %s: TCP connection: %s cannot be read", fd->task->pid,
			  fd_describe(dump, fd), reading.what);
	else if (reading.state == STATE_SYN_SENT || state_is(reading.state, STATES_CONNECTED))
		ret = write_image(dump, &reading, record->ino);
	else
		ret = tcp_ended_dump(dump, fd, socket, record);
	free(reading.received);
	free(reading.sent);
	return ret;
}
