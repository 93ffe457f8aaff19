// SPDX-License-Identifier: GPL-2.0-only
/* Reads the queue of a unix socket by MSG_PEEK. Beyond the first message it takes the peek offset (SO_PEEK_OFF), which
 * belongs to the socket: it is noted where the guardian sees it before it is changed, and put back at once. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/peek-guard.h"
#include "criu/objects/socket/socket.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define FIRST_BUFFER 65536
#define CONTROL_SIZE 4096 /* 253 descriptors, credentials, pidfd, label */
#define LENGTH_MAX (1 << 30)

struct peek {
	struct dump *dump;
	const struct fd_info *fd;
	int socket;
	int usual; /* the peek offset that it has */
	int (*take_fd)(struct dump *dump, const struct fd_info *from, int fd);
	char *buffer;
	size_t room;
	void *hole;    /* nothing can be written there */
	bool short_of; /* it follows the buffer */
	int fds[253];
	unsigned int nr_fds;
	struct msghdr head;
	struct sockaddr_un address;
	char control[CONTROL_SIZE] __attribute__((aligned(8)));
};

static void close_fds(struct peek *peek)
{
	while (peek->nr_fds)
		close(peek->fds[--peek->nr_fds]);
}

static int take_control(struct peek *peek, const struct cmsghdr *control, struct unix_message *message)
{
	size_t size = control->cmsg_len - CMSG_LEN(0);
	int fd;

	if (control->cmsg_level != SOL_SOCKET)
		return 0;
	if (control->cmsg_type == SCM_CREDENTIALS && size == sizeof(message->cred)) {
		memcpy(&message->cred, CMSG_DATA(control), size);
		message->has_cred = message->cred.pid != 0; /* 0: sent when nobody wanted to know */
	} else if (control->cmsg_type == SCM_RIGHTS) {
		for (size_t i = 0; i < size / sizeof(int) && peek->nr_fds < ARRAY_SIZE(peek->fds); i++)
			memcpy(&peek->fds[peek->nr_fds++], CMSG_DATA(control) + i * sizeof(int), sizeof(int));
	} else if (control->cmsg_type == 4 && size == sizeof(fd)) { /* SCM_PIDFD: made for each reader */
		memcpy(&fd, CMSG_DATA(control), sizeof(fd));
		close(fd);
	}
	return 0;
}

/* One look, of at most @limit bytes. Returns the bytes, or -errno. */
static ssize_t look(struct peek *peek, size_t limit, struct unix_message *message)
{
	struct iovec parts[] = { { peek->buffer, MIN(limit, peek->room) }, { peek->hole, PAGE_SIZE } };
	ssize_t got;

	close_fds(peek);
	peek->head = (struct msghdr){
		.msg_name = &peek->address,
		.msg_namelen = sizeof(peek->address),
		.msg_iov = parts,
		.msg_iovlen = peek->short_of ? 2 : 1,
		.msg_control = peek->control,
		.msg_controllen = sizeof(peek->control),
	};
	got = recvmsg(peek->socket, &peek->head, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC | MSG_TRUNC);
	if (got < 0)
		return -errno;
	message->has_cred = false;
	for (struct cmsghdr *at = CMSG_FIRSTHDR(&peek->head); at; at = CMSG_NXTHDR(&peek->head, at))
		take_control(peek, at, message);
	return peek->head.msg_flags & MSG_CTRUNC ? -EMSGSIZE : got;
}

/* With an offset that is not -1 each look moves it on. */
static bool is_as_it_is(const struct peek *peek, int offset)
{
	return offset < 0 && peek->usual < 0;
}

/* At @offset, by the peek offset of the socket, which is as it was again when this returns. -1: at the first message,
 * also an empty one, which an offset passes over if somebody looked at it before. */
static ssize_t look_at(struct peek *peek, int offset, size_t limit, struct unix_message *message)
{
	ssize_t got;
	int ret = is_as_it_is(peek, offset)
			  ? 0
			  : peek_guard_move(peek->dump->peek_guard, peek->fd, peek->socket, offset);

	if (ret < 0)
		return ret;
	got = look(peek, limit, message);
	ret = is_as_it_is(peek, offset) ? 0 : peek_guard_put_back(peek->dump->peek_guard, peek->socket);
	return ret < 0 ? ret : got;
}

static int grow(struct peek *peek, size_t room)
{
	char *larger = room > LENGTH_MAX ? NULL : realloc(peek->buffer, room);

	if (!larger)
		return -ENOMEM;
	peek->buffer = larger;
	peek->room = room;
	return 0;
}

static bool is_stream(const struct peek *peek)
{
	return peek->fd->socket->type == SOCK_STREAM;
}

/* A look at a stream gives the bytes up to the end of the first part that has descriptors, and these descriptors however
 * little is asked for (unix_stream_read_generic in net/unix/af_unix.c). Where that part begins: a reader whose memory
 * ends one byte too early gets the parts before it, or EFAULT if there are none. */
static ssize_t find_fds(struct peek *peek, int offset, size_t got)
{
	struct unix_message message;
	ssize_t before;

	peek->short_of = true;
	before = look_at(peek, offset, got - 1, &message);
	peek->short_of = false;
	return before == -EFAULT ? 0 : before;
}

static ssize_t cut_before_fds(struct peek *peek, int offset, size_t got, struct unix_message *message)
{
	ssize_t before = find_fds(peek, offset, got), ret;

	if (before < 0)
		return before;
	ret = look_at(peek, offset, before ? (size_t)before : got, message);
	if (before)
		close_fds(peek);
	return ret;
}

static int keep(struct peek *peek, size_t length, struct unix_message *message, struct unix_messages *messages)
{
	struct arena *arena = &peek->dump->arena;
	struct unix_message *kept = arena_copy(arena, message, sizeof(*message));

	kept->data = arena_copy(arena, peek->buffer, length);
	kept->length = (uint32_t)length;
	if (!is_stream(peek) && peek->head.msg_namelen > sizeof(sa_family_t)) {
		kept->address_size = peek->head.msg_namelen - sizeof(sa_family_t);
		kept->address = arena_copy(arena, peek->address.sun_path, kept->address_size);
	}
	for (unsigned int i = 0; i < peek->nr_fds; i++) {
		int place = peek->take_fd(peek->dump, peek->fd, peek->fds[i]);

		peek->fds[i] = -1;
		if (place < 0)
			return place;
		if (!i)
			kept->first_fd = (unsigned int)place;
		kept->nr_fds++;
	}
	peek->nr_fds = 0;
	STAILQ_INSERT_TAIL(messages, kept, link);
	return 0;
}

/* The next message, or run of bytes. 1: there was one; 0: that was all. */
static int peek_next(struct peek *peek, int offset, struct unix_messages *messages, size_t *ret_length)
{
	struct unix_message message = { 0 };
	ssize_t got = look_at(peek, offset, SIZE_MAX, &message);
	int ret;

	if (got > 0 && (size_t)got > peek->room) {
		ret = grow(peek, (size_t)got);
		got = ret < 0 ? ret : look_at(peek, offset, SIZE_MAX, &message);
	}
	if (got > 0 && is_stream(peek) && peek->nr_fds)
		got = cut_before_fds(peek, offset, (size_t)got, &message);
	if (got < 0)
		return got == -EAGAIN ? 0 : (int)got;
	if (!got && peek->fd->socket->type != SOCK_DGRAM)
		return 0;
	ret = keep(peek, (size_t)got, &message, messages);
	*ret_length = (size_t)got;
	return ret < 0 ? ret : 1;
}

/* Of a stream or sequence of packets it is known how much there is; of datagrams only how long the first one is. */
static int peek_all(struct peek *peek, struct unix_messages *messages)
{
	bool datagrams = peek->fd->socket->type == SOCK_DGRAM, first = true;
	socklen_t size = sizeof(peek->usual);
	int waiting = 0, offset = 0;

	if (ioctl(peek->socket, FIONREAD, &waiting) < 0 ||
	    getsockopt(peek->socket, SOL_SOCKET, SO_PEEK_OFF, &peek->usual, &size) < 0)
		return errno == EINVAL ? 0 : -errno; /* a listening one */
	if (is_stream(peek) && waiting > FIRST_BUFFER && grow(peek, (size_t)waiting) < 0)
		return -ENOMEM;
	while (datagrams || offset < waiting) {
		size_t length = 0;
		int ret = peek_next(peek, first ? -1 : offset, messages, &length);

		if (ret <= 0)
			return ret;
		if (length > (size_t)(LENGTH_MAX - offset))
			return -EFBIG;
		offset += (int)length;
		first = false;
	}
	return 0;
}

int unix_peek(struct dump *dump, const struct fd_info *fd, struct unix_messages *messages,
	      int (*take_fd)(struct dump *dump, const struct fd_info *from, int fd))
{
	_cleanup_close_ int socket = -EBADF;
	void *hole = mmap(NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct peek *peek = calloc(1, sizeof(*peek));
	int ret = peek && hole != MAP_FAILED ? fd_duplicate(fd, &socket) : -ENOMEM;

	if (ret == 0) {
		peek->dump = dump;
		peek->fd = fd;
		peek->socket = socket;
		peek->hole = hole;
		peek->take_fd = take_fd;
		ret = grow(peek, FIRST_BUFFER);
	}
	if (ret == 0) {
		ret = peek_all(peek, messages);
		close_fds(peek);
		free(peek->buffer);
	}
	free(peek);
	if (hole != MAP_FAILED)
		munmap(hole, PAGE_SIZE);
	return ret < 0 ? log_errno(ret, "task %d: %s: its queue cannot be read", fd->task->pid,
				   fd_describe(dump, fd))
		       : 0;
}
