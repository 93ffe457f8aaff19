// SPDX-License-Identifier: GPL-2.0-only
/* The last part of a unix socket, when all files are open and all tasks exist: what is in its queue, what it is
 * connected to, which halves are shut, and the options that would have been in the way. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/objects/socket/options.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/objects/socket/socket.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define LARGE_BUFFER (1 << 29)
#define RIGHTS_MAX 253

#define SETTABLE_FLAGS (O_NONBLOCK)

static bool is_datagram(const struct unix_socket *socket)
{
	return socket->record->type == SOCK_DGRAM;
}

static void make_roomy(int fd)
{
	int size = LARGE_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* --- one message --- */

union control {
	char bytes[CMSG_SPACE(RIGHTS_MAX * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	struct cmsghdr aligned;
};

static struct cmsghdr *add_control(struct msghdr *head, int type, size_t size)
{
	struct cmsghdr *control = (struct cmsghdr *)((char *)head->msg_control + head->msg_controllen);

	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = type;
	control->cmsg_len = CMSG_LEN(size);
	head->msg_controllen += CMSG_SPACE(size);
	return control;
}

static void add_rights(struct restore *restore, const SkPacketEntry *record, struct msghdr *head)
{
	int fds[RIGHTS_MAX];
	size_t nr = 0;

	for (size_t i = 0; i < record->n_scm; i++)
		for (size_t j = 0; j < record->scm[i]->n_rights && nr < RIGHTS_MAX; j++)
			fds[nr++] = restore_find_file(restore, record->scm[i]->rights[j])->fd;
	if (nr)
		memcpy(CMSG_DATA(add_control(head, SCM_RIGHTS, nr * sizeof(int))), fds, nr * sizeof(int));
}

/* A process with that pid, for a sender that has ended. It ends with us. */
static pid_t stand_in(pid_t pid)
{
	pid_t us = getpid();
	struct clone_args arguments = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&pid,
		.set_tid_size = 1,
	};
	long child;

	if (kill(pid, 0) == 0 || errno != ESRCH)
		return 0;
	child = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == us)
			pause();
		_exit(EXIT_FAILURE);
	}
	return (pid_t)child;
}

static void end_stand_in(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int send_message(int fd, const struct msghdr *head, const SkPacketEntry *record)
{
	pid_t helper = record->cred ? stand_in((pid_t)record->cred->pid) : 0;
	ssize_t sent = sendmsg(fd, head, MSG_DONTWAIT | MSG_NOSIGNAL | (record->urgent ? MSG_OOB : 0));
	int ret = sent < 0 ? -errno : 0;

	end_stand_in(helper);
	return ret ? ret : (uint32_t)sent == record->length ? 0 : -EMSGSIZE;
}

static int send_packet(struct restore *restore, int fd, const struct sockaddr_un *address,
		       socklen_t address_size, const struct unix_packet *packet)
{
	const SkPacketEntry *record = packet->record;
	struct iovec part = { (void *)packet->data, record->length };
	union control control = { 0 };
	struct msghdr head = {
		.msg_name = (void *)address,
		.msg_namelen = address_size,
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
	};

	add_rights(restore, record, &head);
	if (record->cred) {
		struct ucred cred = { (pid_t)record->cred->pid, record->cred->uid, record->cred->gid };

		memcpy(CMSG_DATA(add_control(&head, SCM_CREDENTIALS, sizeof(cred))), &cred, sizeof(cred));
	}
	if (!head.msg_controllen)
		head.msg_control = NULL;
	return send_message(fd, &head, record);
}

/* --- whose it was --- */

static int bind_stranger(int fd, const ProtobufCBinaryData *name)
{
	UnixSkEntry record = UNIX_SK_ENTRY__INIT;
	struct unix_socket stranger = { .record = &record, .fd = fd };

	record.name = *name;
	record.deleted = true;
	return unix_bind(NULL, &stranger, false);
}

/* A sender with the name that the message has: one of the tree, or one that ends when the message is sent. */
static int open_sender(struct restore *restore, const struct unix_socket *to, const SkPacketEntry *record,
		       int *ret_temporary)
{
	struct unix_socket *named = record->has_address ? unix_find_named(restore, to, &record->address) : NULL;
	int fd, ret = 0;

	if (named)
		return named->file->fd;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (record->has_address && record->address.len)
		ret = bind_stranger(fd, &record->address);
	make_roomy(fd);
	*ret_temporary = fd;
	return ret < 0 ? ret : fd;
}

static bool is_of(const struct unix_socket *sender, const SkPacketEntry *record)
{
	size_t length = record->has_address ? record->address.len : 0;

	return sender->record->name.len == length &&
	       (!length || memcmp(sender->record->name.data, record->address.data, length) == 0);
}

/* --- queues --- */

static int connected_end(const struct unix_socket *to)
{
	if (to->mate >= 0)
		return to->mate;
	if (to->sender)
		return to->sender->file->fd;
	return to->peer && to->peer->connected && to->peer->peer == to ? to->peer->file->fd : -EBADF;
}

static int send_datagram(struct restore *restore, const struct unix_socket *to, const struct unix_packet *packet)
{
	_cleanup_close_ int temporary = -EBADF, file = -EBADF;
	struct sockaddr_un address;
	const struct unix_socket *whose = to->sender ? to->sender : to->peer;
	socklen_t size;
	int sender = connected_end(to), ret;

	if (sender >= 0 && (!to->record->name.len || to->mate >= 0 || is_of(whose, packet->record)))
		return send_packet(restore, sender, NULL, 0, packet);
	ret = unix_address_of(to, &address, &size, &file);
	if (ret < 0)
		return ret;
	sender = open_sender(restore, to, packet->record, &temporary);
	return sender < 0 ? sender : send_packet(restore, sender, &address, size, packet);
}

/* The place of a byte that was read: one is sent, and read. Kernels without such bytes have no such places. */
static int leave_mark(int from, int to)
{
	char byte = 0;

	if (send(from, &byte, 1, MSG_OOB | MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return errno == EOPNOTSUPP ? 0 : -errno;
	return recv(to, &byte, 1, MSG_OOB | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static int send_one(struct restore *restore, const struct unix_socket *to, const struct unix_packet *packet)
{
	int sender = is_datagram(to) ? 0 : connected_end(to);

	if (is_datagram(to))
		return send_datagram(restore, to, packet);
	if (sender < 0)
		return -ENOTCONN;
	return packet->record->was_urgent ? leave_mark(sender, to->file->fd)
					  : send_packet(restore, sender, NULL, 0, packet);
}

static int fail_packet(const struct unix_socket *to, const struct unix_packet *packet, int error)
{
	if (packet->record->urgent && error == -EOPNOTSUPP)
		return log_fail(error,
				"file %u: unix socket: a byte out of band waits in it (MSG_OOB), which this kernel does not have "
				"for unix sockets (Linux 5.15, CONFIG_AF_UNIX_OOB)",
				to->record->id);
	if (is_datagram(to) && error == -EAGAIN)
		return log_fail(error,
				"file %u: unix socket: more messages wait in it than sockets of this network namespace "
				"take; raise net.unix.max_dgram_qlen",
				to->record->id);
	return log_errno(error, "file %u: unix socket: its queue cannot be filled again", to->record->id);
}

static int fill(struct restore *restore, struct unix_socket *to)
{
	const struct unix_packet *packet;
	int sender = connected_end(to), ret;

	if (sender >= 0)
		make_roomy(sender);
	STAILQ_FOREACH(packet, to->packets, link) {
		ret = send_one(restore, to, packet);
		if (ret < 0)
			return fail_packet(to, packet, ret);
	}
	return 0;
}

/* What was sent to sockets that nobody has accepted. */
static int fill_arrival(struct restore *restore, struct unix_arrival *arrival)
{
	_cleanup_close_ int closed = steal_fd(&arrival->fd);
	int sender = arrival->client ? arrival->client->file->fd : closed, ret = 0;
	const struct unix_packet *packet;

	if (sender < 0 || STAILQ_EMPTY(&arrival->packets))
		return 0;
	make_roomy(sender);
	STAILQ_FOREACH(packet, &arrival->packets, link)
		if (ret == 0)
			ret = send_packet(restore, sender, NULL, 0, packet);
	return ret;
}

static int fill_arrivals(struct restore *restore, const struct unix_socket *listener)
{
	int ret = 0;

	for (size_t i = 0; i < listener->record->n_waiting && ret == 0; i++)
		ret = fill_arrival(restore, &listener->arrivals[i]);
	return ret < 0 ? log_errno(ret, "file %u: unix socket: connections that wait cannot be given their data again",
				   listener->record->id)
		       : 0;
}

/* --- connections of datagram sockets --- */

static bool is_awaited(const struct unix_socket *socket)
{
	const struct unix_socket *sender;

	STAILQ_FOREACH(sender, &socket->senders, next_sender)
		if (!sender->connected && socket->peer != sender)
			return true;
	return false;
}

/* Who is connected takes nothing from others, and nobody else may connect to it: first those to whom nobody wants to. */
static int connect_datagrams(const struct unix_restore *all)
{
	bool moved = true;

	while (moved) {
		moved = false;
		for (size_t i = 0; i < all->nr; i++) {
			struct unix_socket *socket = all->sockets[i];
			int ret;

			if (!is_datagram(socket) || !socket->peer || socket->connected || is_awaited(socket))
				continue;
			ret = unix_connect_to(socket->peer, socket->file->fd, NULL);
			if (ret < 0)
				return log_errno(ret, "file %u: unix socket cannot be connected to file %u",
						 socket->record->id, socket->peer->record->id);
			moved = socket->connected = true;
		}
	}
	return 0;
}

/* To one that ends at once. A name that the kernel makes up is one in this network namespace (unix(7), Autobind). */
static int connect_to_nobody(struct restore *restore, struct unix_socket *lost)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int nobody = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(address);

	if (nobody < 0 || bind(nobody, (struct sockaddr *)&address, sizeof(sa_family_t)) < 0 ||
	    getsockname(nobody, (struct sockaddr *)&address, &size) < 0 ||
	    connect(lost->file->fd, (struct sockaddr *)&address, size) < 0)
		return log_errno(errno, "file %u: unix socket cannot be connected to one that ends",
				 lost->record->id);
	return 0;
}

static bool has_lost_peer(const struct unix_socket *socket)
{
	return is_datagram(socket) && socket->record->peer_ended && !socket->connected;
}

/* --- the end --- */

/* Who closes with data unread leaves an error behind. */
static int close_mate(struct unix_socket *socket)
{
	if (socket->mate < 0)
		return 0;
	if (socket->record->reset && send(socket->file->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return log_errno(errno, "file %u: unix socket: the end of its peer cannot be repeated",
				 socket->record->id);
	close(steal_fd(&socket->mate));
	return 0;
}

static int shut(const struct unix_socket *socket)
{
	int how = (int)socket->record->shutdown - 1;

	if (!socket->record->has_shutdown || socket->record->shutdown == SK_SHUTDOWN__NONE)
		return 0;
	return shutdown(socket->file->fd, how) < 0 && errno != ENOTCONN ? -errno : 0;
}

static int finish(struct unix_socket *socket)
{
	struct socket_info info = { .family = AF_UNIX, .type = (int)socket->record->type };
	int ret = close_mate(socket);

	if (ret < 0)
		return ret;
	ret = shut(socket);
	if (ret == 0 && fcntl(socket->file->fd, F_SETFL, socket->record->flags & SETTABLE_FLAGS) < 0)
		ret = -errno;
	if (ret < 0)
		return log_errno(ret, "file %u: unix socket cannot be brought into its state", socket->record->id);
	return socket_options_set(socket->file, &info, socket->file->fd, socket->record->opts, SOCKET_LATE);
}

/* Senders that are made for it, and names without a file, are those of its network namespace. */
static int within(struct restore *restore, struct unix_socket *socket,
		  int (*act)(struct restore *restore, struct unix_socket *socket))
{
	int back, left,
		ret = socket_enter_namespace(restore, socket->record->has_ns_id, socket->record->ns_id, &back);

	if (ret < 0)
		return ret;
	ret = act(restore, socket);
	left = socket_leave_namespace(back);
	return ret < 0 ? ret : left;
}

int unix_finish_all(struct restore *restore, struct unix_restore *all)
{
	int ret = 0;

	for (size_t i = 0; i < all->nr && ret == 0; i++)
		if (!STAILQ_EMPTY(all->sockets[i]->packets))
			ret = within(restore, all->sockets[i], fill);
	for (size_t i = 0; i < all->nr && ret == 0; i++)
		ret = fill_arrivals(restore, all->sockets[i]);
	if (ret == 0)
		ret = connect_datagrams(all);
	for (size_t i = 0; i < all->nr && ret == 0; i++)
		if (has_lost_peer(all->sockets[i]))
			ret = within(restore, all->sockets[i], connect_to_nobody);
	for (size_t i = 0; i < all->nr && ret == 0; i++)
		ret = finish(all->sockets[i]);
	return ret;
}
