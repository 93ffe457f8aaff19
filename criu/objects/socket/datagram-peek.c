// SPDX-License-Identifier: GPL-2.0-only
/* Reads the queue of a UDP socket by MSG_PEEK. Beyond the first datagram it takes the peek offset (SO_PEEK_OFF), which
 * belongs to the socket: it is noted where the guardian sees it before it is changed, and put back at once. */
#include <errno.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/datagram.h"
#include "criu/objects/socket/peek-guard.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define LENGTH_MAX 65536 /* no datagram of IP is longer */
#define CONTROL_SIZE 4096

struct peek {
	struct dump *dump;
	const struct fd_info *fd;
	int socket;
	int usual; /* the peek offset that it has */
	char *buffer;
	union inet_address from;
	char control[CONTROL_SIZE] __attribute__((aligned(8)));
	struct msghdr head;
	size_t room; /* of record->queue */
	size_t hidden;
};

/* --- looking --- */

static ssize_t look(struct peek *peek)
{
	struct iovec part = { peek->buffer, LENGTH_MAX };
	ssize_t got;

	peek->head = (struct msghdr){
		.msg_name = &peek->from,
		.msg_namelen = sizeof(peek->from),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = peek->control,
		.msg_controllen = sizeof(peek->control),
	};
	got = recvmsg(peek->socket, &peek->head, MSG_PEEK | MSG_DONTWAIT);
	return got < 0 ? -errno : got;
}

/* An error that came by ICMP is told before any datagram, once. */
static ssize_t look_past_error(struct peek *peek)
{
	ssize_t got = look(peek);

	if (got >= 0 || got == -EAGAIN)
		return got;
	log_warn("task %d: %s: the socket had an error to report (%s), which is lost", peek->fd->task->pid,
		 fd_describe(peek->dump, peek->fd), strerror((int)-got));
	return look(peek);
}

/* -1: at the first datagram, also an empty one, which an offset passes over if somebody looked at it before. */
static ssize_t look_at(struct peek *peek, int offset)
{
	bool is_as_it_is = offset < 0 && peek->usual < 0;
	ssize_t got;
	int ret;

	if (is_as_it_is)
		return look_past_error(peek);
	ret = peek_guard_move(peek->dump->peek_guard, peek->fd, peek->socket, offset);
	if (ret < 0)
		return ret;
	got = look_past_error(peek);
	ret = peek_guard_put_back(peek->dump->peek_guard, peek->socket);
	return ret < 0 ? ret : got;
}

/* --- keeping --- */

static void *copy_bytes(struct peek *peek, ProtobufCBinaryData *bytes, const void *data, size_t size)
{
	bytes->len = size;
	bytes->data = arena_copy(&peek->dump->arena, data, size);
	return bytes->data;
}

static void take_to(struct peek *peek, InetDatagramEntry *entry, const void *address, size_t size)
{
	entry->has_to = true;
	copy_bytes(peek, &entry->to, address, size);
}

static uint32_t number_of(const struct cmsghdr *control)
{
	int number = 0;

	memcpy(&number, CMSG_DATA(control), MIN(control->cmsg_len - CMSG_LEN(0), sizeof(number)));
	return (uint32_t)number;
}

/* What the socket has asked to be told of each (ip(7), ipv6(7), udp(7)). */
static void take_control(struct peek *peek, const struct cmsghdr *control, InetDatagramEntry *entry,
			 size_t *ret_segment)
{
	const void *data = CMSG_DATA(control);
	int level = control->cmsg_level, type = control->cmsg_type;

	if (level == IPPROTO_IP && type == IP_PKTINFO) {
		take_to(peek, entry, &((const struct in_pktinfo *)data)->ipi_addr, sizeof(struct in_addr));
	} else if (level == IPPROTO_IPV6 && type == IPV6_PKTINFO) {
		take_to(peek, entry, &((const struct in6_pktinfo *)data)->ipi6_addr, sizeof(struct in6_addr));
	} else if ((level == IPPROTO_IP && type == IP_TTL) || (level == IPPROTO_IPV6 && type == IPV6_HOPLIMIT)) {
		entry->has_ttl = true;
		entry->ttl = number_of(control) & 0xff;
	} else if ((level == IPPROTO_IP && type == IP_TOS) || (level == IPPROTO_IPV6 && type == IPV6_TCLASS)) {
		entry->has_tos = true;
		entry->tos = number_of(control) & 0xff;
	} else if (level == IPPROTO_UDP && type == 104) { /* UDP_GRO: several of this length in one */
		*ret_segment = number_of(control);
	}
}

static void take_from(struct peek *peek, InetDatagramEntry *entry)
{
	const union inet_address *from = &peek->from;
	bool v6 = from->any.sa_family == AF_INET6;
	char name[IF_NAMESIZE];

	entry->from_port = ntohs(inet_port(from));
	copy_bytes(peek, &entry->from, v6 ? (const void *)&from->v6.sin6_addr : (const void *)&from->v4.sin_addr,
		   v6 ? sizeof(from->v6.sin6_addr) : sizeof(from->v4.sin_addr));
	if (v6 && from->v6.sin6_scope_id && if_indextoname(from->v6.sin6_scope_id, name))
		entry->device = arena_strdup(&peek->dump->arena, name);
}

static void append(struct peek *peek, InetSkEntry *record, InetDatagramEntry *entry)
{
	if (record->n_queue == peek->room) {
		size_t room = 2 * peek->room + 16;
		InetDatagramEntry **larger = arena_array(&peek->dump->arena, InetDatagramEntry *, room);

		if (record->n_queue)
			memcpy(larger, record->queue, record->n_queue * sizeof(InetDatagramEntry *));
		record->queue = larger;
		peek->room = room;
	}
	record->queue[record->n_queue++] = entry;
}

static void keep(struct peek *peek, size_t length, InetSkEntry *record)
{
	InetDatagramEntry entry = INET_DATAGRAM_ENTRY__INIT;
	size_t segment = 0, at = 0;

	take_from(peek, &entry);
	for (struct cmsghdr *control = CMSG_FIRSTHDR(&peek->head); control;
	     control = CMSG_NXTHDR(&peek->head, control))
		take_control(peek, control, &entry, &segment);
	do {
		size_t size = segment ? MIN(segment, length - at) : length;
		InetDatagramEntry *part = arena_copy(&peek->dump->arena, &entry, sizeof(entry));

		copy_bytes(peek, &part->data, peek->buffer + at, size);
		append(peek, record, part);
		at += size;
	} while (at < length);
}

/* --- all --- */

static int peek_all(struct peek *peek, InetSkEntry *record)
{
	ssize_t got = look_at(peek, -1);
	int offset = 0;

	while (got >= 0) {
		peek->hidden += !got && record->n_queue; /* that look has hidden it (net/core/datagram.c) */
		keep(peek, (size_t)got, record);
		if (got > INT32_MAX - offset)
			return -EFBIG;
		offset += (int)got;
		got = look_at(peek, offset);
	}
	return got == -EAGAIN ? 0 : (int)got;
}

/* Looking takes an error away, so it is left alone where nothing waits. */
static bool has_any(const struct peek *peek)
{
	struct pollfd ready = { .fd = peek->socket, .events = POLLIN };

	if (poll(&ready, 1, 0) <= 0)
		return false;
	return ready.revents & POLLIN;
}

int datagram_dump(struct dump *dump, const struct fd_info *fd, int socket, InetSkEntry *record)
{
	struct peek *peek = arena_new(&dump->arena, struct peek);
	socklen_t size = sizeof(peek->usual);
	int ret = 0;

	peek->dump = dump;
	peek->fd = fd;
	peek->socket = socket;
	socket_note_errors(dump, fd, socket);
	if (!has_any(peek))
		return 0;
	peek->buffer = malloc(LENGTH_MAX);
	if (!peek->buffer || getsockopt(socket, SOL_SOCKET, SO_PEEK_OFF, &peek->usual, &size) < 0)
		ret = peek->buffer ? -errno : -ENOMEM;
	if (ret == 0)
		ret = peek_all(peek, record);
	free(peek->buffer);
	if (peek->hidden)
		log_warn("task %d: %s: %zu empty datagrams wait behind others: a second dump of this process would not see "
			 "them",
			 fd->task->pid, fd_describe(dump, fd), peek->hidden);
	return ret < 0 ? log_errno(ret, "task %d: %s: its queue cannot be read", fd->task->pid,
				   fd_describe(dump, fd))
		       : 0;
}
