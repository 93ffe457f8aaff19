// SPDX-License-Identifier: GPL-2.0-only
/* In which network namespace a socket is. */
#include "criu/objects/socket/socket-namespace.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/objects/namespace/namespaces.h"
#include "criu/objects/socket/socket.h"
#include "criu/util/log.h"

/* --- dump --- */

static const struct namespace *find_namespace(const struct dump *dump, const struct fd_info *fd)
{
	const struct namespace *namespace;

	TAILQ_FOREACH(namespace, &dump->namespaces, link)
		if (namespace->type == NAMESPACE_NET && namespace->inode == fd->socket->net_ns)
			return namespace;
	return NULL;
}

void socket_survey_namespace(struct dump *dump, const struct fd_info *fd)
{
	if (!find_namespace(dump, fd))
		dump_refuse(dump, fd->task,
			    "%s: it belongs to network namespace 'net:[%lu]', which is neither that of a task of the tree "
			    "nor that of criu; close it before the dump",
			    fd_describe(dump, fd), (unsigned long)fd->socket->net_ns);
}

uint32_t socket_namespace_id(const struct dump *dump, const struct fd_info *fd)
{
	const struct namespace *namespace = find_namespace(dump, fd);

	return namespace ? namespace->id : 0;
}

/* --- restore --- */

static uint32_t complete_id(const struct restore *restore, bool has_id, uint32_t ns_id)
{
	if (has_id && ns_id)
		return ns_id;
	return restore->root->ids ? namespace_get_id(restore->root->ids, NAMESPACE_NET) : 0;
}

bool socket_is_in_own_namespace(const struct restore *restore, bool has_id, uint32_t ns_id)
{
	uint32_t id = complete_id(restore, has_id, ns_id);
	const struct namespace *namespace = namespace_find(&restore->namespaces, NAMESPACE_NET, id);

	return namespace && namespace->own;
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
