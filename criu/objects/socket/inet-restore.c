// SPDX-License-Identifier: GPL-2.0-only
/* Restore of what the sockets of IPv4 and IPv6 have in common. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/inet-map.h"
#include "criu/objects/socket/inet.h"
#include "criu/objects/socket/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

#define SETTABLE_FLAGS (O_APPEND | O_NONBLOCK | O_NOATIME | O_DIRECT)

/* --- load --- */

static bool is_proper(const InetSkEntry *record)
{
	size_t words = record->family == AF_INET6 ? 4 : 1;

	/* Of a socket without a peer others may have written no address. */
	return (record->family == AF_INET || record->family == AF_INET6) &&
	       (record->n_src_addr == words || !record->n_src_addr) &&
	       (record->n_dst_addr == words || !record->n_dst_addr) && record->src_port <= UINT16_MAX &&
	       record->dst_port <= UINT16_MAX && record->proto <= INT32_MAX &&
	       (!record->ifname || (*record->ifname && strlen(record->ifname) < IF_NAMESIZE));
}

static bool fill_address(uint32_t family, const uint32_t *words, size_t nr, uint32_t port, union inet_address *ret)
{
	uint32_t any = port;

	memset(ret, 0, sizeof(*ret));
	ret->any.sa_family = (sa_family_t)family;
	for (size_t i = 0; i < nr; i++)
		any |= words[i];
	if (family == AF_INET6) {
		ret->v6.sin6_port = htons((uint16_t)port);
		memcpy(&ret->v6.sin6_addr, words, nr * sizeof(*words));
	} else {
		ret->v4.sin_port = htons((uint16_t)port);
		memcpy(&ret->v4.sin_addr, words, nr * sizeof(*words));
	}
	return any != 0;
}

static void set_scope(unsigned int device, union inet_address *address)
{
	if (address->any.sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&address->v6.sin6_addr))
		address->v6.sin6_scope_id = device;
}

int inet_load(struct restore *restore, struct file *file, struct inet_socket **ret_socket)
{
	const InetSkEntry *record = file->record->isk;
	struct inet_socket *inet = arena_new(&restore->arena, struct inet_socket);
	unsigned int device;

	if (!record || !is_proper(record))
		return log_fail(-EBADMSG, "files.img: file %u is no proper socket of IPv4 or IPv6", file->id);
	inet->record = record;
	inet->info = (struct socket_info){
		.family = (int)record->family,
		.type = (int)record->type,
		.protocol = (int)record->proto,
	};
	inet->bound = fill_address(record->family, record->src_addr, record->n_src_addr, record->src_port,
				   &inet->local);
	inet->has_peer = fill_address(record->family, record->dst_addr, record->n_dst_addr, record->dst_port,
				      &inet->peer);
	inet->size = inet_address_size(&inet->local);
	device = record->ifname ? if_nametoindex(record->ifname) : 0;
	if (record->ifname && !device)
		restore_refuse(restore, NULL,
			       "file %u: socket: its address is one of device '%s', which is not here",
			       file->id, record->ifname);
	inet_map_addresses(restore, file, inet);
	set_scope(device, &inet->local);
	set_scope(device, &inet->peer);
	*ret_socket = inet;
	return socket_options_load(restore, file, record->opts);
}

/* --- open --- */

static int set_number(int fd, int level, int option, int wanted)
{
	int now = 0;
	socklen_t size = sizeof(now);

	if (getsockopt(fd, level, option, &now, &size) == 0 && now == wanted)
		return 0;
	return setsockopt(fd, level, option, &wanted, sizeof(wanted)) < 0 ? -errno : 0;
}

static int set_ip_options(const InetSkEntry *record, int fd)
{
	const IpOptsEntry *options = record->ip_opts;
	int ret = 0;

	if (record->has_v6only)
		ret = set_number(fd, IPPROTO_IPV6, IPV6_V6ONLY, record->v6only);
	if (ret == 0 && options && options->has_freebind)
		ret = set_number(fd, IPPROTO_IP, IP_FREEBIND, options->freebind);
	if (ret == 0 && options && options->has_pktinfo)
		ret = set_number(fd, IPPROTO_IP, IP_PKTINFO, options->pktinfo);
	if (ret == 0 && options && options->has_tos)
		ret = set_number(fd, IPPROTO_IP, IP_TOS, (int)options->tos);
	if (ret == 0 && options && options->has_ttl)
		ret = set_number(fd, IPPROTO_IP, IP_TTL, (int)options->ttl);
	return ret;
}

static int set_flags(const InetSkEntry *record, int fd)
{
	uint32_t flags = record->flags & SETTABLE_FLAGS;

	return flags && fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

int inet_open(const struct file *file, const struct inet_socket *inet, int *ret_fd)
{
	_cleanup_close_ int fd = socket(inet->info.family, inet->info.type | SOCK_CLOEXEC, inet->info.protocol);
	int ret;

	if (fd < 0)
		return log_errno(errno, "file %u: a socket of family %d, type %d, protocol %d cannot be made",
				 file->id, inet->info.family, inet->info.type, inet->info.protocol);
	ret = set_flags(inet->record, fd);
	if (ret == 0)
		ret = set_ip_options(inet->record, fd);
	if (ret < 0)
		return log_errno(ret, "file %u: socket: options of IP cannot be set", file->id);
	ret = socket_options_set(file, &inet->info, fd, inet->record->opts, SOCKET_EARLY);
	if (ret < 0)
		return ret;
	*ret_fd = steal_fd(&fd);
	return 0;
}

int inet_bind(struct restore *restore, const struct file *file, const struct inet_socket *inet, int fd)
{
	char text[INET_TEXT_SIZE];

	if (!inet->bound || bind(fd, &inet->local.any, inet->size) == 0)
		return 1;
	inet_format(&inet->local, text);
	if (errno == EADDRNOTAVAIL || errno == EADDRINUSE) {
		restore_refuse(restore, NULL, "file %u: socket: address %s %s", file->id, text,
			       errno == EADDRINUSE ? "is used by another socket on this host; end who has it"
						   : "does not exist on this host; add it before the restore, or take "
						     "another one by --tcp-map OLD=NEW");
		return 0;
	}
	return log_errno(errno, "file %u: socket: cannot be bound to %s", file->id, text);
}

int inet_finish(const struct file *file, const struct inet_socket *inet, int fd)
{
	/* Once more: TCP repair and binding have their own idea of SO_REUSEADDR. */
	int ret = socket_options_set(file, &inet->info, fd, inet->record->opts, SOCKET_EARLY);

	return ret < 0 ? ret : socket_options_set(file, &inet->info, fd, inet->record->opts, SOCKET_LATE);
}

int inet_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	(void)restore;
	return fd_owner_restore(task, fd, file->record->isk->fown, file->record->isk->flags);
}
