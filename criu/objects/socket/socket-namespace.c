// SPDX-License-Identifier: GPL-2.0-only
/* In which network namespace a socket is, and what is done there. */
#include "criu/objects/socket/socket-namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/objects/namespace/namespaces.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

int socket_namespace_open(const struct namespace *namespace, int (*open_here)(void))
{
	int back = -EBADF, left, fd = namespace ? namespace_enter(namespace, &back) : 0;

	if (fd < 0)
		return fd;
	fd = open_here();
	left = socket_leave_namespace(back);
	if (fd >= 0 && left < 0)
		close(fd);
	return fd < 0 ? fd : left < 0 ? left : fd;
}

/* --- dump --- */

const struct namespace *socket_namespace(const struct dump *dump, const struct fd_info *fd)
{
	const struct namespace *namespace;

	TAILQ_FOREACH(namespace, &dump->namespaces, link)
		if (namespace->type == NAMESPACE_NET && namespace->inode == fd->socket->net_ns)
			return namespace;
	return NULL;
}

void socket_survey_namespace(struct dump *dump, const struct fd_info *fd)
{
	if (!socket_namespace(dump, fd))
		dump_refuse(dump, fd->task,
			    "%s: it belongs to network namespace 'net:[%lu]', which is neither that of a task of the tree "
			    "nor that of criu; close it before the dump",
			    fd_describe(dump, fd), (unsigned long)fd->socket->net_ns);
}

uint32_t socket_namespace_id(const struct dump *dump, const struct fd_info *fd)
{
	const struct namespace *namespace = socket_namespace(dump, fd);

	return namespace ? namespace->id : 0;
}

int socket_dump_within(struct dump *dump, const struct fd_info *fd, FileEntry *record,
		       int (*dump_here)(struct dump *dump, const struct fd_info *fd, FileEntry *record))
{
	const struct namespace *namespace = fd->socket->own_net_ns ? socket_namespace(dump, fd) : NULL;
	int back = -EBADF, left, ret = namespace ? namespace_enter(namespace, &back) : 0;

	if (ret < 0)
		return ret;
	ret = dump_here(dump, fd, record);
	left = socket_leave_namespace(back);
	return ret < 0 ? ret : left;
}

/* --- restore --- */

static uint32_t complete_id(const struct restore *restore, bool has_id, uint32_t ns_id)
{
	if (has_id && ns_id)
		return ns_id;
	return restore->root->ids ? namespace_get_id(restore->root->ids, NAMESPACE_NET) : 0;
}

const struct namespace *socket_own_namespace(const struct restore *restore, bool has_id, uint32_t ns_id)
{
	uint32_t id = complete_id(restore, has_id, ns_id);
	const struct namespace *namespace = namespace_find(&restore->namespaces, NAMESPACE_NET, id);

	return namespace && namespace->own ? namespace : NULL;
}

int socket_enter_namespace(const struct restore *restore, bool has_id, uint32_t ns_id, int *ret_back)
{
	const TaskKobjIdsEntry *dumper = restore->inventory->root_ids;
	const struct namespace *namespace;

	*ret_back = -EBADF;
	ns_id = complete_id(restore, has_id, ns_id);
	namespace = namespace_find(&restore->namespaces, NAMESPACE_NET, ns_id);
	if (namespace)
		return namespace_enter(namespace, ret_back);
	if (!ns_id || !dumper || namespace_get_id(dumper, NAMESPACE_NET) == ns_id)
		return 0;
	return log_fail(-EBADMSG, "files.img: a socket of network namespace %u, in which nobody is", ns_id);
}

int socket_leave_namespace(int back)
{
	int error;

	if (back < 0)
		return 0;
	error = setns(back, CLONE_NEWNET) < 0 ? -errno : 0;
	close(back);
	return error < 0 ? log_errno(error, "the network namespace of sockets cannot be left") : 0;
}

/* --- when what they are bound to need not be there before scripts have run --- */

int socket_make(const struct file *file, const struct socket_info *info)
{
	int fd = file->fd >= 0 ? fcntl(file->fd, F_DUPFD_CLOEXEC, 0)
			       : socket(info->family, info->type | SOCK_CLOEXEC, info->protocol);

	return fd < 0 ? log_errno(errno, "file %u: a socket of family %d, type %d, protocol %d cannot be made",
				  file->id, info->family, info->type, info->protocol)
		      : fd;
}

static int open_here(struct restore *restore, struct file *file, const struct socket_restore *how, int *ret_fd)
{
	if (!socket_own_namespace(restore, how->has_ns_id, how->ns_id))
		return how->open_here(restore, file, ret_fd);
	*ret_fd = socket_make(file, how->info);
	return MIN(*ret_fd, 0);
}

int socket_open_within(struct restore *restore, struct file *file, const struct socket_restore *how, int *ret_fd)
{
	int back, left, ret = socket_enter_namespace(restore, how->has_ns_id, how->ns_id, &back);

	if (ret < 0)
		return ret;
	ret = open_here(restore, file, how, ret_fd);
	left = socket_leave_namespace(back);
	if (ret == 0 && left < 0)
		close(*ret_fd);
	return ret < 0 ? ret : left;
}

int socket_reopen_within(struct restore *restore, struct file *file, const struct socket_restore *how)
{
	_cleanup_close_ int fd = -EBADF;
	int back, left, ret;

	if (!socket_own_namespace(restore, how->has_ns_id, how->ns_id))
		return 0;
	ret = socket_enter_namespace(restore, how->has_ns_id, how->ns_id, &back);
	if (ret < 0)
		return ret;
	ret = how->open_here(restore, file, &fd);
	left = socket_leave_namespace(back);
	return ret < 0 ? ret : left;
}
