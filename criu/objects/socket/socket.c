// SPDX-License-Identifier: GPL-2.0-only
/* What a socket is: family, type, protocol, cookie, network namespace. Read through a duplicate of the descriptor, so
 * that the task is not entered; once a socket, however many descriptors lead to it. */
#include "criu/objects/socket/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
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

static const struct {
	int family;
	const char *name;
} families[] = {
	{ AF_UNIX, "AF_UNIX" },	    { AF_INET, "AF_INET" },
	{ AF_INET6, "AF_INET6" },   { AF_NETLINK, "AF_NETLINK" },
	{ AF_PACKET, "AF_PACKET" }, { AF_ALG, "AF_ALG" },
	{ AF_VSOCK, "AF_VSOCK" },   { AF_BLUETOOTH, "AF_BLUETOOTH" },
	{ AF_CAN, "AF_CAN" },	    { AF_TIPC, "AF_TIPC" },
	{ AF_RDS, "AF_RDS" },	    { AF_KEY, "AF_KEY" },
	{ AF_X25, "AF_X25" },	    { AF_PPPOX, "AF_PPPOX" },
	{ AF_KCM, "AF_KCM" },	    { AF_QIPCRTR, "AF_QIPCRTR" },
	{ AF_SMC, "AF_SMC" },	    { 44, "AF_XDP" },
	{ 45, "AF_MCTP" },
};

const char *socket_name(struct dump *dump, const struct socket_info *info)
{
	const char *name = "?";

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (families[i].family == info->family)
			name = families[i].name;
	return arena_printf(&dump->arena, "sockets of family %s (%d), type %d, protocol %d", name,
			    info->family, info->type, info->protocol);
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
