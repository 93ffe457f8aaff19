// SPDX-License-Identifier: GPL-2.0-only
/* What a socket is: family, type, protocol, cookie, network namespace. Read through a duplicate of the descriptor, so
 * that the task is not entered; once a socket, however many descriptors lead to it. */
#include "criu/objects/socket/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894C
#endif
#define OWN_NET_NS "/proc/self/ns/net"

static const char info_key, own_ns_key;

bool socket_is(const struct fd_info *fd)
{
	return S_ISSOCK(fd->stat.st_mode) && strncmp(fd->link, "socket:[", 8) == 0;
}

bool socket_is_of(const struct fd_info *fd, int family, int protocol)
{
	return fd->socket && fd->socket->family == family && (protocol < 0 || fd->socket->protocol == protocol);
}

/* --- what it is --- */

static int read_number(int fd, int option, int *ret_value)
{
	socklen_t size = sizeof(*ret_value);

	return getsockopt(fd, SOL_SOCKET, option, ret_value, &size) < 0 ? -errno : 0;
}

static int own_net_ns(struct dump *dump, ino_t *ret_inode)
{
	struct stat found;
	bool is_new;
	ino_t *inode = kind_state_get(&dump->kind_state, &dump->arena, &own_ns_key, 0, sizeof(*inode), &is_new);

	if (is_new && stat(OWN_NET_NS, &found) == 0)
		*inode = found.st_ino;
	*ret_inode = *inode;
	return *inode ? 0 : -ENOENT;
}

static int read_net_ns(struct dump *dump, int fd, struct socket_info *info)
{
	_cleanup_close_ int ns = -EBADF;
	struct stat stat;
	ino_t own;
	int ret = own_net_ns(dump, &own);

	if (ret < 0)
		return ret;
	ns = ioctl(fd, SIOCGSKNS);
	if (ns < 0 || fstat(ns, &stat) < 0)
		return -errno;
	info->net_ns = stat.st_ino;
	info->own_net_ns = stat.st_ino != own;
	return 0;
}

static int read_info(struct dump *dump, int fd, struct socket_info *info)
{
	socklen_t size = sizeof(info->cookie);
	int ret = read_number(fd, SO_DOMAIN, &info->family);

	if (ret == 0)
		ret = read_number(fd, SO_TYPE, &info->type);
	if (ret == 0)
		ret = read_number(fd, SO_PROTOCOL, &info->protocol);
	if (ret == 0 && getsockopt(fd, SOL_SOCKET, SO_COOKIE, &info->cookie, &size) < 0)
		ret = -errno;
	return ret < 0 ? ret : read_net_ns(dump, fd, info);
}

int fd_look_at_socket(struct dump *dump, struct fd_info *fd)
{
	_cleanup_close_ int duplicate = -EBADF;
	struct socket_info *info;
	bool is_new;
	int ret;

	if (!socket_is(fd))
		return 0;
	info = kind_state_get(&dump->kind_state, &dump->arena, &info_key, fd->stat.st_ino, sizeof(*info), &is_new);
	fd->socket = info;
	if (!is_new)
		return 0;
	ret = fd_duplicate(fd, &duplicate);
	if (ret == 0)
		ret = read_info(dump, duplicate, info);
	return ret < 0 ? log_errno(ret, "task %d: %s: cannot find out what socket it is", fd->task->pid,
				   fd_describe(dump, fd))
		       : 0;
}

/* --- names --- */

/* Numbers, for headers of the machine that builds may be older (linux/socket.h). */
static const struct {
	int family;
	const char *name, *reason; /* NULL: nothing more to say */
} families[] = {
	{ 1, "AF_UNIX", NULL },
	{ 2, "AF_INET", NULL },
	{ 3, "AF_AX25", NULL },
	{ 4, "AF_IPX", NULL },
	{ 5, "AF_APPLETALK", NULL },
	{ 6, "AF_NETROM", NULL },
	{ 8, "AF_ATMPVC", NULL },
	{ 9, "AF_X25", NULL },
	{ 10, "AF_INET6", NULL },
	{ 11, "AF_ROSE", NULL },
	{ 15, "AF_KEY", NULL },
	{ 16, "AF_NETLINK", NULL },
	{ 17, "AF_PACKET", NULL },
	{ 19, "AF_ECONET", NULL },
	{ 20, "AF_ATMSVC", NULL },
	{ 21, "AF_RDS", NULL },
	{ 23, "AF_IRDA", NULL },
	{ 24, "AF_PPPOX", NULL },
	{ 26, "AF_LLC", NULL },
	{ 27, "AF_IB", NULL },
	{ 28, "AF_MPLS", NULL },
	{ 29, "AF_CAN", NULL },
	{ 30, "AF_TIPC", NULL },
	{ 31, "AF_BLUETOOTH", NULL },
	{ 32, "AF_IUCV", NULL },
	{ 33, "AF_RXRPC", NULL },
	{ 34, "AF_ISDN", NULL },
	{ 35, "AF_PHONET", NULL },
	{ 36, "AF_IEEE802154", NULL },
	{ 37, "AF_CAIF", NULL },
	{ 38, "AF_ALG", "no call gives the algorithm and the key back" },
	{ 39, "AF_NFC", NULL },
	{ 40, "AF_VSOCK", NULL },
	{ 41, "AF_KCM", NULL },
	{ 42, "AF_QIPCRTR", NULL },
	{ 43, "AF_SMC", NULL },
	{ 44, "AF_XDP", "no call tells the memory and the queue of a device they are made of" },
	{ 45, "AF_MCTP", NULL },
};

static const struct {
	int protocol;
	const char *name;
} protocols[] = {
	{ 33, "DCCP" }, { 115, "L2TP" }, { 132, "SCTP" }, { 256, "SMC" }, { 262, "MPTCP" },
};

static const char *protocol_name(const struct socket_info *info)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
		if ((info->family == AF_INET || info->family == AF_INET6) && protocols[i].protocol == info->protocol)
			return protocols[i].name;
	return NULL;
}

const char *socket_name(struct dump *dump, const struct socket_info *info)
{
	const char *name = "?", *reason = NULL, *protocol = protocol_name(info);

	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		if (families[i].family == info->family) {
			name = families[i].name;
			reason = families[i].reason;
		}
	}
	return arena_printf(&dump->arena, "sockets of family %s (%d), type %d, protocol %d%s%s%s%s%s%s", name,
			    info->family, info->type, info->protocol, protocol ? " (" : "", protocol ?: "",
			    protocol ? ")" : "", reason ? " (" : "", reason ?: "", reason ? ")," : "");
}

void socket_note_errors(struct dump *dump, const struct fd_info *fd, int socket)
{
	struct pollfd ready = { .fd = socket };

	if (poll(&ready, 1, 0) > 0 && ready.revents & POLLERR)
		log_info("task %d: %s: errors or time stamps of what was sent wait on it (SO_ERROR, MSG_ERRQUEUE), which are "
			 "not kept",
			 fd->task->pid, fd_describe(dump, fd));
}

/* --- beside it --- */

static int open_in(int ns, int family, int type, int protocol)
{
	_cleanup_close_ int home = open(OWN_NET_NS, O_RDONLY | O_CLOEXEC);
	int fd, error;

	if (home < 0 || setns(ns, CLONE_NEWNET) < 0)
		return -errno;
	fd = socket(family, type | SOCK_CLOEXEC, protocol);
	error = errno;
	if (setns(home, CLONE_NEWNET) < 0) {
		if (fd >= 0)
			close(fd);
		return -errno;
	}
	return fd < 0 ? -error : fd;
}

int socket_open_beside(const struct fd_info *fd, int family, int type, int protocol)
{
	_cleanup_close_ int duplicate = -EBADF, ns = -EBADF;
	int ret;

	if (!fd->socket->own_net_ns) {
		ret = socket(family, type | SOCK_CLOEXEC, protocol);
		return ret < 0 ? -errno : ret;
	}
	ret = fd_duplicate(fd, &duplicate);
	if (ret < 0)
		return ret;
	ns = ioctl(duplicate, SIOCGSKNS);
	return ns < 0 ? -errno : open_in(ns, family, type, protocol);
}
