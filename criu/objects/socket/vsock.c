// SPDX-License-Identifier: GPL-2.0-only
/* Sockets between a machine and its host (vsock(7)): those that listen, and those that are not connected. There is no
 * sock_diag for them that each kernel has, so all comes from the calls that their owner has, too. */
#include <errno.h>
#include <fcntl.h>
#include <linux/vm_sockets.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/holder.h"
#include "criu/objects/socket/options.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT)

static const char seen_key;

static bool vsock_matches(const struct fd_info *fd)
{
	return socket_is_of(fd, AF_VSOCK, -1);
}

/* --- survey --- */

static bool is_listening(int socket)
{
	int listening = 0;
	socklen_t size = sizeof(listening);

	return getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening;
}

/* A new one can be written to, as poll(2) has it; one that is being connected, or was, cannot (vsock_poll in
 * net/vmw_vsock/af_vsock.c). */
static const char *find_problem(int socket)
{
	struct pollfd ready = { .fd = socket, .events = POLLIN | POLLOUT | POLLRDHUP };
	struct sockaddr_vm peer;
	socklen_t size = sizeof(peer);

	if (getpeername(socket, (struct sockaddr *)&peer, &size) == 0)
		return "connections with the host or with another guest (AF_VSOCK) cannot be kept: their other end would "
		       "not know; close it before the dump";
	if (poll(&ready, 1, 0) < 0)
		return "it cannot be asked what waits in it";
	if (is_listening(socket))
		return ready.revents & POLLIN
			       ? "a connection (AF_VSOCK) waits to be accepted, which cannot be kept; try "
				 "again when the program has accepted it"
			       : NULL;
	return ready.revents == POLLOUT
		       ? NULL
		       : "it is being connected, or its connection has ended (AF_VSOCK), which cannot be "
			 "kept; try again later, or close it";
}

static int look(struct dump *dump, const struct fd_info *fd)
{
	_cleanup_close_ int socket = -EBADF;
	const char *problem;
	int ret = fd_duplicate(fd, &socket);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	problem = find_problem(socket);
	if (problem)
		dump_refuse(dump, fd->task, "%s: %s", fd_describe(dump, fd), problem);
	return 0;
}

static int vsock_survey(struct dump *dump, const struct fd_info *fd)
{
	return socket_survey_simple(dump, fd, &seen_key, look);
}

/* --- dump --- */

static int dump_address(int socket, VsockSkEntry *record)
{
	struct sockaddr_vm name = { .svm_cid = VMADDR_CID_ANY };
	socklen_t size = sizeof(name);

	if (getsockname(socket, (struct sockaddr *)&name, &size) < 0)
		return -errno;
	record->has_listening = record->listening = is_listening(socket);
	record->has_cid = record->has_port = name.svm_port != VMADDR_PORT_ANY;
	record->cid = name.svm_cid;
	record->port = name.svm_port;
	return 0;
}

static int vsock_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	VsockSkEntry *entry = arena_new(&dump->arena, VsockSkEntry);
	_cleanup_close_ int socket = -EBADF;
	int ret = fd_duplicate(fd, &socket);

	vsock_sk_entry__init(entry);
	entry->id = record->id;
	entry->type = (uint32_t)fd->socket->type;
	entry->flags = fd->flags;
	entry->fown = fd_owner_dump(dump, fd);
	record->vsock = entry;
	if (ret == 0)
		ret = dump_address(socket, entry);
	if (ret < 0)
		return log_errno(ret, "task %d: %s: its address cannot be read", fd->task->pid,
				 fd_describe(dump, fd));
	return socket_options_dump(dump, fd, socket, &entry->opts);
}

/* --- restore --- */

static int vsock_load(struct restore *restore, struct file *file)
{
	const VsockSkEntry *record = file->record->vsock;

	if (!record || record->has_cid != record->has_port || (record->listening && !record->has_cid) ||
	    (record->type != SOCK_STREAM && record->type != SOCK_SEQPACKET && record->type != SOCK_DGRAM))
		return log_fail(-EBADMSG, "files.img: file %u is no proper socket of AF_VSOCK", file->id);
	return socket_options_load(restore, file, record->opts);
}

/* The length of its queue is not told by anything: it gets the longest. */
static int bind_and_listen(struct restore *restore, const struct file *file, int fd)
{
	const VsockSkEntry *record = file->record->vsock;
	struct sockaddr_vm name = { .svm_family = AF_VSOCK, .svm_cid = record->cid, .svm_port = record->port };
	uint32_t flags = record->flags & SETTABLE_FLAGS;

	if (flags && fcntl(fd, F_SETFL, flags) < 0)
		return log_errno(errno, "file %u: socket of AF_VSOCK: flags", file->id);
	if (record->has_cid && bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		if (errno != EADDRINUSE && errno != EADDRNOTAVAIL)
			return log_errno(errno, "file %u: socket of AF_VSOCK: cannot be bound to %u:%u",
					 file->id, record->cid, record->port);
		restore_refuse(restore, NULL, "file %u: socket of AF_VSOCK: address %u:%u %s", file->id,
			       record->cid, record->port,
			       errno == EADDRINUSE ? "is used by another socket" : "is not that of this machine");
		return 0;
	}
	if (record->listening && listen(fd, SOMAXCONN) < 0)
		return log_errno(errno, "file %u: socket of AF_VSOCK: cannot listen", file->id);
	return 0;
}

static struct socket_info info_of(const VsockSkEntry *record)
{
	return (struct socket_info){ .family = AF_VSOCK, .type = (int)record->type };
}

static int vsock_open(struct restore *restore, struct file *file, int *ret_fd)
{
	struct socket_info info = info_of(file->record->vsock);
	_cleanup_close_ int fd = socket(AF_VSOCK, info.type | SOCK_CLOEXEC, 0);
	int ret;

	if (fd < 0)
		return log_errno(errno, "file %u: a socket of AF_VSOCK, type %d, cannot be made", file->id,
				 info.type);
	ret = socket_options_set(file, &info, fd, file->record->vsock->opts, SOCKET_EARLY);
	if (ret == 0)
		ret = bind_and_listen(restore, file, fd);
	if (ret < 0)
		return ret;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int vsock_finish(struct restore *restore, struct file *file)
{
	struct socket_info info = info_of(file->record->vsock);

	(void)restore;
	return socket_options_set(file, &info, file->fd, file->record->vsock->opts, SOCKET_LATE);
}

static int vsock_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	(void)restore;
	return fd_owner_restore(task, fd, file->record->vsock->fown, file->record->vsock->flags);
}

const struct fd_kind vsock_kind = {
	.name = "vsock",
	.type = FD_TYPES__VSOCK,
	.matches = vsock_matches,
	.survey = vsock_survey,
	.dump = vsock_dump,
	.load = vsock_load,
	.open = vsock_open,
	.finish = vsock_finish,
	.attach = vsock_attach,
};
