// SPDX-License-Identifier: GPL-2.0-only
/* Dump of what the sockets of IPv4 and IPv6 have in common, and their addresses as text. */
#include "criu/objects/socket/inet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/inet-headers.h"
#include "criu/objects/socket/options.h"
#include "criu/objects/socket/socket-namespace.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define STATE_CLOSE 7 /* TCP_CLOSE, which the format uses for sockets without a state as well */

/* --- addresses --- */

socklen_t inet_address_size(const union inet_address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

in_port_t inet_port(const union inet_address *address)
{
	return address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port;
}

const char *inet_format(const union inet_address *address, char text[INET_TEXT_SIZE])
{
	char host[INET6_ADDRSTRLEN] = "?", scope[IF_NAMESIZE + 1] = "";
	bool v6 = address->any.sa_family == AF_INET6;

	inet_ntop(v6 ? AF_INET6 : AF_INET,
		  v6 ? (const void *)&address->v6.sin6_addr : (const void *)&address->v4.sin_addr, host,
		  sizeof(host));
	if (v6 && address->v6.sin6_scope_id && if_indextoname(address->v6.sin6_scope_id, scope + 1))
		scope[0] = '%';
	snprintf(text, INET_TEXT_SIZE, v6 ? "[%s%s]:%u" : "%s%s:%u", host, scope, ntohs(inet_port(address)));
	return text;
}

/* --- dump --- */

int inet_survey(struct dump *dump, const struct fd_info *fd)
{
	int ret;

	socket_survey_namespace(dump, fd);
	ret = socket_options_survey(dump, fd);
	return ret < 0 ? ret : fd_owner_survey(dump, fd);
}

int inet_survey_once(struct dump *dump, const struct fd_info *fd)
{
	_cleanup_close_ int socket = -EBADF;
	int ret = fd_duplicate(fd, &socket);

	return ret < 0 ? log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd))
		       : inet_headers_survey(dump, fd, socket);
}

static void store_address(struct arena *arena, const union inet_address *address, size_t *ret_nr, uint32_t **ret_words)
{
	bool v6 = address->any.sa_family == AF_INET6;
	const void *bytes = v6 ? (const void *)&address->v6.sin6_addr : (const void *)&address->v4.sin_addr;

	*ret_nr = v6 ? 4 : 1;
	*ret_words = arena_copy(arena, bytes, *ret_nr * sizeof(uint32_t));
}

void inet_store_peer(struct arena *arena, const union inet_address *peer, InetSkEntry *record)
{
	store_address(arena, peer, &record->n_dst_addr, &record->dst_addr);
	record->dst_port = ntohs(inet_port(peer));
}

/* A link-local address means nothing without its device. */
static int store_scope(struct arena *arena, const union inet_address *address, InetSkEntry *record)
{
	char name[IF_NAMESIZE];

	if (address->any.sa_family != AF_INET6 || !address->v6.sin6_scope_id || record->ifname)
		return 0;
	if (!if_indextoname(address->v6.sin6_scope_id, name))
		return -errno;
	record->ifname = arena_strdup(arena, name);
	return 0;
}

static int dump_addresses(struct arena *arena, int socket, int family, InetSkEntry *record)
{
	union inet_address local = { .any.sa_family = (sa_family_t)family }, peer = local;
	socklen_t size = sizeof(local), peer_size = sizeof(peer);
	int ret;

	if (getsockname(socket, &local.any, &size) < 0)
		return -errno;
	if (getpeername(socket, &peer.any, &peer_size) < 0 && errno != ENOTCONN)
		return -errno;
	store_address(arena, &local, &record->n_src_addr, &record->src_addr);
	record->src_port = ntohs(inet_port(&local));
	inet_store_peer(arena, &peer, record);
	ret = store_scope(arena, &local, record);
	return ret < 0 ? ret : store_scope(arena, &peer, record);
}

static bool read_flag(int socket, int level, int option, protobuf_c_boolean *ret_has)
{
	int value = 0;
	socklen_t size = sizeof(value);

	*ret_has = getsockopt(socket, level, option, &value, &size) == 0;
	return value != 0;
}

/* Fields that the format of CRIU 4.2 has; the other options of ip(7) and ipv6(7) are rows of options.def. */
static IpOptsEntry *dump_ip_options(struct arena *arena, int socket)
{
	IpOptsEntry *options = arena_new(arena, IpOptsEntry);
	int value;
	socklen_t size = sizeof(value);

	ip_opts_entry__init(options);
	options->freebind = read_flag(socket, IPPROTO_IP, IP_FREEBIND, &options->has_freebind);
	options->pktinfo = read_flag(socket, IPPROTO_IP, IP_PKTINFO, &options->has_pktinfo);
	options->has_tos = getsockopt(socket, IPPROTO_IP, IP_TOS, &value, &size) == 0;
	options->tos = options->has_tos ? (uint32_t)value : 0;
	size = sizeof(value);
	options->has_ttl = getsockopt(socket, IPPROTO_IP, IP_TTL, &value, &size) == 0;
	options->ttl = options->has_ttl ? (uint32_t)value : 0;
	return options;
}

static InetSkEntry *new_record(struct dump *dump, const struct fd_info *fd, uint32_t id)
{
	InetSkEntry *record = arena_new(&dump->arena, InetSkEntry);

	inet_sk_entry__init(record);
	record->id = id;
	record->ino = (uint32_t)fd->stat.st_ino;
	record->family = (uint32_t)fd->socket->family;
	record->type = (uint32_t)fd->socket->type;
	record->proto = (uint32_t)fd->socket->protocol;
	record->state = STATE_CLOSE;
	record->flags = fd->flags;
	record->fown = fd_owner_dump(dump, fd);
	return record;
}

int inet_dump(struct dump *dump, const struct fd_info *fd, int socket, uint32_t id, InetSkEntry **ret_record)
{
	InetSkEntry *record = new_record(dump, fd, id);
	int ret = dump_addresses(&dump->arena, socket, fd->socket->family, record);

	if (ret < 0)
		return log_errno(ret, "task %d: %s: its addresses cannot be read", fd->task->pid,
				 fd_describe(dump, fd));
	if (fd->socket->family == AF_INET6)
		record->v6only = read_flag(socket, IPPROTO_IPV6, IPV6_V6ONLY, &record->has_v6only);
	record->ip_opts = dump_ip_options(&dump->arena, socket);
	record->has_ns_id = true;
	record->ns_id = socket_namespace_id(dump, fd);
	*ret_record = record;
	inet_headers_dump(&dump->arena, socket, record);
	return socket_options_dump(dump, fd, socket, &record->opts);
}
