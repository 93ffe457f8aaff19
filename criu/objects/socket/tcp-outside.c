// SPDX-License-Identifier: GPL-2.0-only
/* Connections within a network namespace of the tree's own, to a process in it that is not of the tree: the restored
 * namespace is a new one, so the two ends could never meet again. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <stdio.h>
#include <string.h>

#include "criu/kernel/nft.h"
#include "criu/objects/kinds.h"
#include "criu/objects/namespace/net.h"
#include "criu/objects/outside.h"
#include "criu/objects/socket/diag.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/objects/socket/socket.h"
#include "criu/objects/socket/tcp-internal.h"
#include "criu/options/options.h"
#include "criu/util/macros.h"

static const char outside_key;

struct outside_end {
	struct nft_connection connection; /* as they see it */
	struct outside_fd holder;
};

/* Of one network namespace: mostly none. */
struct outside_ends {
	struct outside_end *all;
	size_t nr, room;
};

static void fill_address(const struct inet_diag_msg *message, const uint32_t *words, uint16_t port,
			 union inet_address *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->any.sa_family = message->idiag_family;
	if (message->idiag_family == AF_INET6) {
		ret->v6.sin6_port = port;
		memcpy(&ret->v6.sin6_addr, words, sizeof(ret->v6.sin6_addr));
	} else {
		ret->v4.sin_port = port;
		memcpy(&ret->v4.sin_addr, words, sizeof(ret->v4.sin_addr));
	}
}

static bool find_connection(const struct diag_socket *socket, struct nft_connection *ret)
{
	const struct inet_diag_msg *message = socket->message;
	union inet_address local, peer;

	fill_address(message, message->id.idiag_src, message->id.idiag_sport, &local);
	fill_address(message, message->id.idiag_dst, message->id.idiag_dport, &peer);
	return tcp_connection_of(&local, &peer, ret);
}

static void add_end(struct arena *arena, struct outside_ends *ends, const struct nft_connection *connection,
		    const struct outside_fd *holder)
{
	if (ends->nr == ends->room) {
		size_t room = 2 * ends->room + 16;
		struct outside_end *larger = arena_array(arena, struct outside_end, room);

		if (ends->nr)
			memcpy(larger, ends->all, ends->nr * sizeof(*larger));
		ends->all = larger;
		ends->room = room;
	}
	ends->all[ends->nr++] = (struct outside_end){ .connection = *connection, .holder = *holder };
}

static int look_at(struct dump *dump, const struct diag_socket *socket, struct outside_ends *ends)
{
	struct nft_connection connection;
	const struct outside_fd *holder;
	char link[32];
	ssize_t nr;

	if (!find_connection(socket, &connection))
		return 0;
	snprintf(link, sizeof(link), "socket:[%u]", socket->inode);
	nr = outside_find_fds(dump, link, &holder);
	if (nr > 0)
		add_end(&dump->arena, ends, &connection, holder);
	return (int)MIN(nr, 0);
}

/* Both families: one end may be IPv4, and the other IPv4 in IPv6. */
static int find_ends(struct dump *dump, const struct fd_info *fd, struct outside_ends *ends)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(families) && ret == 0; i++) {
		struct socket_info info = *fd->socket;
		struct fd_info beside = *fd;
		const struct diag_socket *sockets;
		size_t nr;

		info.family = families[i];
		beside.socket = &info;
		ret = diag_find_all(dump, &beside, &sockets, &nr);
		for (size_t j = 0; j < nr && ret == 0; j++)
			ret = look_at(dump, &sockets[j], ends);
	}
	return ret;
}

static bool is_other_end(const struct nft_connection *left, const struct nft_connection *right)
{
	return left->family == right->family && left->local_port == right->peer_port &&
	       left->peer_port == right->local_port && !memcmp(left->local, right->peer, sizeof(left->local)) &&
	       !memcmp(left->peer, right->local, sizeof(left->peer));
}

int tcp_survey_outside(struct dump *dump, const struct fd_info *fd, const struct nft_connection *connection)
{
	const struct namespace *namespace = fd->socket->own_net_ns ? socket_namespace(dump, fd) : NULL;
	struct outside_ends *ends;
	bool is_new;
	int ret = 0;

	if (!namespace || net_is_given(dump, namespace) || dump->options->leave_running || dump->options->leave_stopped)
		return 0;
	ends = kind_state_get(&dump->kind_state, &dump->arena, &outside_key, namespace->inode, sizeof(*ends),
			      &is_new);
	if (is_new)
		ret = find_ends(dump, fd, ends);
	for (size_t i = 0; i < ends->nr && ret == 0; i++)
		if (is_other_end(&ends->all[i].connection, connection))
			dump_refuse(dump, fd->task,
				    "%s: the other end of the TCP connection is held by process %d (%s), descriptor %d, which is "
				    "not of the tree, and would be in another network namespace than the restored one; dump from "
				    "a task above both, or give the namespace from outside (--external net[%lu]:KEY)",
				    fd_describe(dump, fd), ends->all[i].holder.pid, ends->all[i].holder.comm,
				    ends->all[i].holder.fd, (unsigned long)namespace->inode);
	return ret;
}
