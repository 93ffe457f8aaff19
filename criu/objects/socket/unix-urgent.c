// SPDX-License-Identifier: GPL-2.0-only
/* Bytes of a stream that are out of band (MSG_OOB), from Linux 5.15 on: which one of the queue it is, and the place of one
 * that was read already (SIOCATMARK). A look stops in front of such a place when it has seen something before it
 * (manage_oob in net/unix/af_unix.c). */
#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

#define CONTROL_SIZE 4096

#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif

struct search {
	int socket;
	char *buffer;
	size_t total;
	bool waits; /* one that was not read */
	char byte;
	bool had_fds;  /* the last look ended behind descriptors */
	size_t *stops; /* where looks ended for no other reason */
	size_t nr_stops;
	size_t *ends; /* behind descriptors, where a look ends in any case */
	size_t nr_ends;
	size_t room; /* of each list */
};

static int set_option(int socket, int option, int value)
{
	return setsockopt(socket, SOL_SOCKET, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static void close_all(struct msghdr *head)
{
	for (struct cmsghdr *at = CMSG_FIRSTHDR(head); at; at = CMSG_NXTHDR(head, at))
		for (size_t i = 0;
		     at->cmsg_type == SCM_RIGHTS && i < (at->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(at) + i * sizeof(fd), sizeof(fd));
			close(fd);
		}
}

static ssize_t look(struct search *search, size_t offset, struct iovec *parts, size_t nr)
{
	char control[CONTROL_SIZE] __attribute__((aligned(8)));
	struct msghdr head = {
		.msg_iov = parts, .msg_iovlen = nr, .msg_control = control, .msg_controllen = sizeof(control)
	};
	int ret = set_option(search->socket, SO_PEEK_OFF, (int)offset);
	ssize_t got = ret < 0 ? -1 : recvmsg(search->socket, &head, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (ret < 0 || got < 0)
		return ret < 0 ? ret : -errno;
	search->had_fds = head.msg_controllen > 0;
	close_all(&head);
	return got;
}

static int find_stops(struct search *search)
{
	size_t at = 0;

	while (at < search->total && MAX(search->nr_stops, search->nr_ends) + 1 < search->room) {
		struct iovec part = { search->buffer + at, search->total - at };
		ssize_t got = look(search, at, &part, 1);

		if (got <= 0)
			return got == -EAGAIN ? 0 : (int)got;
		at += (size_t)got;
		if (at < search->total && search->had_fds)
			search->ends[search->nr_ends++] = at;
		else if (at < search->total)
			search->stops[search->nr_stops++] = at;
	}
	return 0;
}

/* One byte that was sent by itself: a look into memory which ends behind it gets it, of longer parts it gets nothing. */
static bool is_by_itself(struct search *search, size_t at, void *hole)
{
	struct iovec parts[] = { { (char *)hole - 1, 1 }, { hole, PAGE_SIZE } };

	return look(search, at, parts, ARRAY_SIZE(parts)) == 1;
}

/* Behind descriptors a look tells nothing: those bytes which it could be. */
static int find_candidates(struct search *search)
{
	char *pages = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + PAGE_SIZE, PAGE_SIZE, PROT_NONE) < 0)
		return -errno;
	for (size_t i = 0; i < search->nr_ends; i++)
		if (search->buffer[search->ends[i]] == search->byte &&
		    is_by_itself(search, search->ends[i], pages + PAGE_SIZE))
			search->stops[search->nr_stops++] = search->ends[i];
	munmap(pages, 2 * PAGE_SIZE);
	return 0;
}

/* --- what is found is noted in the list --- */

/* The first byte of @message becomes one of its own. */
static int split(struct dump *dump, struct unix_messages *messages, struct unix_message *message)
{
	struct unix_message *rest;

	if (message->length == 1)
		return 0;
	if (message->nr_fds || !message->length)
		return -EBADMSG;
	rest = arena_copy(&dump->arena, message, sizeof(*message));
	rest->data = (char *)message->data + 1;
	rest->length--;
	rest->urgent = false;
	message->length = 1;
	STAILQ_INSERT_AFTER(messages, message, rest, link);
	return 0;
}

static int mark(struct dump *dump, struct unix_messages *messages, size_t place, bool waits)
{
	struct unix_message *message, *before = NULL, *read;
	size_t at = 0;

	STAILQ_FOREACH(message, messages, link) {
		if (at == place && !message->was_urgent)
			break;
		at += message->length;
		before = message;
	}
	if (at != place || (waits && !message))
		return -EBADMSG;
	if (waits) {
		message->urgent = true;
		return split(dump, messages, message);
	}
	read = arena_new(&dump->arena, struct unix_message);
	read->data = "";
	read->was_urgent = true;
	if (before)
		STAILQ_INSERT_AFTER(messages, before, read, link);
	else
		STAILQ_INSERT_HEAD(messages, read, link);
	return 0;
}

static int mark_all(struct dump *dump, const struct search *search, struct unix_messages *messages)
{
	int ret = 0;

	if (search->waits && search->nr_stops != 1)
		return 1;
	for (size_t i = 0; i < search->nr_stops && ret == 0; i++)
		ret = mark(dump, messages, search->stops[i], search->waits);
	return ret;
}

/* --- all --- */

static int find(struct search *search)
{
	int at_mark = 0, ret;

	ret = set_option(search->socket, SO_OOBINLINE, 0);
	if (ret < 0)
		return ret;
	search->waits = recv(search->socket, &search->byte, 1, MSG_OOB | MSG_PEEK | MSG_DONTWAIT) == 1;
	if (ioctl(search->socket, SIOCATMARK, &at_mark) == 0 && at_mark)
		search->stops[search->nr_stops++] = 0;
	if (search->waits && at_mark)
		return 0;
	ret = set_option(search->socket, SO_OOBINLINE, 1);
	if (ret == 0)
		ret = set_option(search->socket, SO_PASSCRED, 0);
	if (ret == 0)
		ret = find_stops(search);
	if (ret == 0 && search->waits && !search->nr_stops)
		ret = find_candidates(search);
	return ret;
}

/* Where messages have credentials, looks end before other ones as well. To tell these from the place of a byte that was read
 * the socket would have to do without for a moment, for which nothing that is worth it has to be there. */
static bool is_plain(int socket, bool tells_cred, const struct unix_messages *messages)
{
	const struct unix_message *first = STAILQ_FIRST(messages);
	int at_mark = 0;
	char byte;

	if (!tells_cred && first && STAILQ_NEXT(first, link))
		return false;
	if (recv(socket, &byte, 1, MSG_OOB | MSG_PEEK | MSG_DONTWAIT) == 1)
		return false;
	return ioctl(socket, SIOCATMARK, &at_mark) < 0 || !at_mark;
}

int unix_find_urgent(struct dump *dump, int socket, size_t total, bool tells_cred, struct unix_messages *messages)
{
	struct search search = { .socket = socket, .total = total };
	const struct unix_message *message;
	size_t nr = 2;
	int ret = set_option(socket, SO_OOBINLINE, 0);

	if (ret < 0 || is_plain(socket, tells_cred, messages))
		return ret;
	STAILQ_FOREACH(message, messages, link)
		nr++; /* looks that tell of credentials end more often */
	search.buffer = calloc(total + 1, 1);
	search.stops = calloc(nr, sizeof(size_t));
	search.ends = calloc(nr, sizeof(size_t));
	search.room = nr;
	ret = search.buffer && search.stops && search.ends ? find(&search) : -ENOMEM;
	if (ret == 0)
		ret = mark_all(dump, &search, messages);
	free(search.buffer);
	free(search.stops);
	free(search.ends);
	return ret;
}
