// SPDX-License-Identifier: GPL-2.0-only
/* Reads the queue of a unix socket by MSG_PEEK, with a peek offset that moves on (SO_PEEK_OFF), and the byte out of band in
 * its place (SO_OOBINLINE). These options belong to the socket: what they were is noted where the guardian sees it, and put
 * back when the queue is read. The tree runs on at once when we are killed, a moment before that: so SO_PASSCRED, which
 * shows in each message, is as its owner has it. Credentials that nobody asks for are read elsewhere (unix-sent.c). */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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
	int offset; /* where the next look is */
	size_t hidden;
	int (*take_fd)(struct dump *dump, const struct fd_info *from, int fd);
	char *buffer;
	size_t room;
	void *hole;	 /* nothing can be written there */
	bool short_of;	 /* it follows the buffer */
	bool tells_cred; /* all messages come with credentials */
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

static int set_option(const struct peek *peek, int option, int value)
{
	return setsockopt(peek->socket, SOL_SOCKET, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* At @offset, however far looks have moved it. -1: at the first message, also an empty one, which an offset passes over if
 * somebody looked at it before. */
static ssize_t look_at(struct peek *peek, int offset, size_t limit, struct unix_message *message)
{
	int ret = set_option(peek, SO_PEEK_OFF, offset);

	return ret < 0 ? ret : look(peek, limit, message);
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
		kept->address_size = MIN(peek->head.msg_namelen - sizeof(sa_family_t), UNIX_STORED_MAX);
		kept->address = arena_alloc(arena, kept->address_size);
		memcpy(kept->address, peek->address.sun_path, MIN(kept->address_size, UNIX_NAME_MAX));
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

/* --- streams --- */

static int peek_run(struct peek *peek, struct unix_messages *messages)
{
	struct unix_message message = { 0 };
	ssize_t got = look_at(peek, peek->offset, SIZE_MAX, &message);
	int ret;

	if (got > 0 && peek->nr_fds)
		got = cut_before_fds(peek, peek->offset, (size_t)got, &message);
	if (got <= 0)
		return got == -EAGAIN ? 0 : (int)got;
	ret = keep(peek, (size_t)got, &message, messages);
	if (ret == 0 && got > LENGTH_MAX - peek->offset)
		ret = -EFBIG;
	peek->offset += (int)got;
	return ret < 0 ? ret : 1;
}

static int peek_stream(struct peek *peek, struct unix_messages *messages)
{
	int waiting = 0, ret = set_option(peek, SO_OOBINLINE, 1);

	if (ret == 0 && ioctl(peek->socket, FIONREAD, &waiting) < 0)
		ret = -errno;
	if (ret == 0 && waiting > FIRST_BUFFER)
		ret = grow(peek, (size_t)waiting);
	/* Not beyond: a look there takes an error away that the peer has left. */
	while (ret == 0 && peek->offset < waiting && (ret = peek_run(peek, messages)) > 0)
		ret = 0;
	if (ret == 0)
		ret = unix_find_urgent(peek->dump, peek->socket, (size_t)peek->offset, peek->tells_cred, messages);
	unix_dump_state(peek->dump, peek->fd->stat.st_ino)->unsure_urgent = ret > 0;
	return ret < 0 ? ret : 0;
}

/* --- messages --- */

static bool is_truncated(const struct peek *peek, ssize_t got)
{
	return got > 0 && (size_t)got > peek->room;
}

/* A sequence of packets whose other end says no more. */
static bool has_ended(const struct peek *peek)
{
	struct pollfd ready = { .fd = peek->socket, .events = POLLRDHUP };

	return peek->fd->socket->type == SOCK_SEQPACKET && poll(&ready, 1, 0) > 0 &&
	       ready.revents & (POLLRDHUP | POLLHUP);
}

/* It gives nothing as well, but for no message: without credentials. */
static bool is_end(const struct peek *peek, ssize_t got)
{
	return got == 0 && peek->tells_cred && peek->fd->socket->type == SOCK_SEQPACKET &&
	       !peek->head.msg_controllen;
}

static int keep_message(struct peek *peek, ssize_t got, struct unix_message *message, struct unix_messages *messages)
{
	int ret;

	if (got < 0 || is_end(peek, got))
		return got == -EAGAIN ? 0 : (int)got;
	if (!got && !peek->tells_cred && has_ended(peek)) /* just now: either is possible */
		return -EBUSY;
	if (got > LENGTH_MAX - peek->offset)
		return -EFBIG;
	peek->hidden += !got && !STAILQ_EMPTY(messages); /* that look has hidden it (net/core/datagram.c) */
	peek->offset += (int)got;
	ret = keep(peek, (size_t)got, message, messages);
	return ret < 0 ? ret : 1;
}

/* Each look moves the offset behind what it saw, as long as that is all of the message. */
static int peek_message(struct peek *peek, struct unix_messages *messages)
{
	struct unix_message message = { 0 };
	ssize_t got = look(peek, SIZE_MAX, &message);

	if (is_truncated(peek, got)) {
		int ret = grow(peek, (size_t)got);

		got = ret < 0 ? ret : look_at(peek, peek->offset, SIZE_MAX, &message);
	}
	return keep_message(peek, got, &message, messages);
}

static int peek_first(struct peek *peek, struct unix_messages *messages)
{
	struct unix_message message = { 0 };
	ssize_t got = look_at(peek, -1, SIZE_MAX, &message);

	if (is_truncated(peek, got)) {
		int ret = grow(peek, (size_t)got);

		got = ret < 0 ? ret : look_at(peek, -1, SIZE_MAX, &message);
	}
	return keep_message(peek, got, &message, messages);
}

/* Where an error waits a look takes that, and gives no message (__skb_try_recv_datagram in net/core/datagram.c). */
static bool has_any(const struct peek *peek)
{
	struct pollfd ready = { .fd = peek->socket, .events = POLLIN };
	struct unix_dump *state = unix_dump_state(peek->dump, peek->fd->stat.st_ino);
	int waiting = 0;

	if (poll(&ready, 1, 0) <= 0 || !(ready.revents & POLLIN))
		return false;
	if (!(ready.revents & POLLERR))
		return true;
	state->behind_error = peek->fd->socket->type == SOCK_DGRAM ||
			      (ioctl(peek->socket, FIONREAD, &waiting) == 0 && waiting);
	return false;
}

static int peek_messages(struct peek *peek, struct unix_messages *messages)
{
	int ret = has_any(peek) ? peek_first(peek, messages) : 0;

	if (ret > 0)
		ret = set_option(peek, SO_PEEK_OFF, peek->offset);
	else
		return ret;
	while (ret == 0 && (ret = peek_message(peek, messages)) > 0)
		ret = 0;
	return ret;
}

/* --- all --- */

/* A listening one has no peek offset. */
static int peek_all(struct peek *peek, struct unix_messages *messages)
{
	static const int options[] = { SO_PEEK_OFF, SO_OOBINLINE, SO_PASSCRED };
	struct peek_guard *guard = peek->dump->peek_guard;
	int ret, end, listening = 0;
	socklen_t size = sizeof(listening);

	if (getsockopt(peek->socket, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) < 0)
		return -errno;
	if (listening)
		return 0;
	ret = peek_guard_begin(guard, peek->fd, peek->socket, options, ARRAY_SIZE(options));
	if (ret < 0)
		return ret;
	peek->tells_cred = peek_guard_usual(guard, SO_PASSCRED, 0);
	if (!peek->tells_cred && has_ended(peek)) {
		ret = set_option(peek, SO_PASSCRED, 1);
		peek->tells_cred = true;
	}
	if (ret == 0)
		ret = is_stream(peek) ? peek_stream(peek, messages) : peek_messages(peek, messages);
	end = peek_guard_end(guard, peek->socket);
	return ret < 0 ? ret : end;
}

static void complete(struct peek *peek, struct unix_messages *messages)
{
	struct unix_dump *state = unix_dump_state(peek->dump, peek->fd->stat.st_ino);
	/* All messages of a stream can be seen. */
	int ret = is_stream(peek) && peek->tells_cred
			  ? 0
			  : unix_complete(peek->dump, peek->fd, messages, &state->hidden_rights);

	if (ret < 0)
		log_debug("task %d: %s: what calls do not tell of its queue cannot be read: %s",
			  peek->fd->task->pid, fd_describe(peek->dump, peek->fd), strerror(-ret));
	if (ret < 0 && peek->hidden)
		log_warn("task %d: %s: %zu empty messages wait behind others: a second dump of this process would not see "
			 "them",
			 peek->fd->task->pid, fd_describe(peek->dump, peek->fd), peek->hidden);
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
		if (ret == 0)
			complete(peek, messages);
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
