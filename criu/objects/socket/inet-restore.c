// SPDX-License-Identifier: GPL-2.0-only
/* Restore of what the sockets of IPv4 and IPv6 have in common. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/inet-headers.h"
#include "criu/objects/socket/inet-map.h"
#include "criu/objects/socket/inet-tentative.h"
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

/* In the network namespace that the device is in. */
static bool find_device(struct inet_socket *inet)
{
	unsigned int device = if_nametoindex(inet->record->ifname);

	set_scope(device, &inet->local);
	set_scope(device, &inet->peer);
	return device != 0;
}

int inet_load(struct restore *restore, struct file *file, struct inet_socket **ret_socket)
{
	const InetSkEntry *record = file->record->isk;
	struct inet_socket *inet = arena_new(&restore->arena, struct inet_socket);
	int ret;

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
	inet_map_addresses(restore, file, inet);
	if (record->ifname && !find_device(inet) && !socket_own_namespace(restore, record->has_ns_id, record->ns_id))
		restore_refuse(restore, NULL,
			       "file %u: socket: its address is one of device '%s', which is not here",
			       file->id, record->ifname);
	*ret_socket = inet;
	ret = inet_headers_load(file, record);
	return ret < 0 ? ret : socket_options_load(restore, file, record->opts);
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

struct socket_restore inet_restore_how(const struct file *file, const struct inet_socket *inet,
				       int (*open_here)(struct restore *restore, struct file *file, int *ret_fd))
{
	return (struct socket_restore){
		.has_ns_id = file->record->isk->has_ns_id,
		.ns_id = file->record->isk->ns_id,
		.info = &inet->info,
		.open_here = open_here,
	};
}

int inet_open(const struct file *file, struct inet_socket *inet, int *ret_fd)
{
	_cleanup_close_ int fd = socket_make(file, &inet->info);
	int ret;

	if (fd < 0)
		return fd;
	if (inet->record->ifname && !find_device(inet))
		return log_fail(-ENODEV, "file %u: socket: its address is one of device '%s', which is not there",
				file->id, inet->record->ifname);
	ret = set_flags(inet->record, fd);
	if (ret == 0)
		ret = set_ip_options(inet->record, fd);
	if (ret < 0)
		return log_errno(ret, "file %u: socket: options of IP cannot be set", file->id);
	ret = socket_options_set(file, &inet->info, fd, inet->record->opts, SOCKET_EARLY);
	/* What is left of a connection is made by one of another way. */
	if (ret == 0 && !inet->record->tcp_ended)
		ret = inet_headers_set(file, inet->record, fd);
	if (ret < 0)
		return ret;
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int bind_here(int fd, const struct inet_socket *inet)
{
	int ret = bind(fd, &inet->local.any, inet->size) < 0 ? -errno : 0;

	if (ret == -EADDRNOTAVAIL && inet_wait_for_address(&inet->local))
		ret = bind(fd, &inet->local.any, inet->size) < 0 ? -errno : 0;
	return ret;
}

int inet_bind(struct restore *restore, const struct file *file, const struct inet_socket *inet, int fd)
{
	char text[INET_TEXT_SIZE];
	int ret = inet->bound ? bind_here(fd, inet) : 0;

	if (ret == 0)
		return 1;
	inet_format(&inet->local, text);
	if (ret == -EADDRNOTAVAIL || ret == -EADDRINUSE) {
		restore_refuse(restore, NULL, "file %u: socket: address %s %s", file->id, text,
			       ret == -EADDRINUSE
				       ? "is used by another socket on this host; end who has it, or, if it is a "
					 "connection that has ended (TIME-WAIT), wait a minute"
				       : "does not exist on this host; add it before the restore, or take "
					 "another one by --tcp-map OLD=NEW");
		return 0;
	}
	return log_errno(ret, "file %u: socket: cannot be bound to %s", file->id, text);
}

int inet_finish(const struct file *file, const struct inet_socket *inet, int fd)
{
	/* Once more: TCP repair and binding have their own idea of SO_REUSEADDR. */
	int ret = socket_options_set(file, &inet->info, fd, inet->record->opts, SOCKET_EARLY);

	if (ret == 0)
		ret = inet_headers_set(file, inet->record, fd);
	return ret < 0 ? ret : socket_options_set(file, &inet->info, fd, inet->record->opts, SOCKET_LATE);
}

int inet_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	(void)restore;
	return fd_owner_restore(task, fd, file->record->isk->fown, file->record->isk->flags);
}
