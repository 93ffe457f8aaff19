// SPDX-License-Identifier: GPL-2.0-only
/* Probes of socket options and of TCP repair. */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "criu/kernel/abi.h"
#include "criu/kernel/probe.h"
#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND 78
#endif
#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE (SIOCPROTOPRIVATE + 0)
#endif
#define REPAIR_ON 1
#define REPAIR_OFF_NO_PROBE -1

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value));
}

static int open_socket(int domain, int type)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int probe_so_peek_off(struct kernel *kernel)
{
	_cleanup_close_ int fd = open_socket(AF_UNIX, SOCK_DGRAM);

	return fd < 0 ? fd : probe_result(set_option(fd, SOL_SOCKET, SO_PEEK_OFF, 0));
}

int probe_so_get_filter(struct kernel *kernel)
{
	static const int others[] = { SO_MARK, SO_RXQ_OVFL, SO_NOFCS, SO_LOCK_FILTER, SO_BUSY_POLL };
	_cleanup_close_ int fd = open_socket(AF_INET, SOCK_DGRAM);
	socklen_t size = 0;
	int value;

	if (fd < 0)
		return fd;
	if (getsockopt(fd, SOL_SOCKET, SO_GET_FILTER, NULL, &size) < 0)
		return probe_result(-1);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		size = sizeof(value);
		if (getsockopt(fd, SOL_SOCKET, others[i], &value, &size) < 0)
			return probe_result(-1);
	}
	return 1;
}

int probe_sockopt_buf_lock(struct kernel *kernel)
{
	_cleanup_close_ int fd = open_socket(AF_INET, SOCK_DGRAM);
	socklen_t size = sizeof(int);
	int value;

	return fd < 0 ? fd : probe_result(getsockopt(fd, SOL_SOCKET, ABI_SO_BUF_LOCK, &value, &size));
}

int probe_ipv6_freebind(struct kernel *kernel)
{
	_cleanup_close_ int fd = open_socket(AF_INET6, SOCK_DGRAM);

	if (fd < 0)
		return fd == -EAFNOSUPPORT ? 0 : fd;
	return probe_result(set_option(fd, SOL_IPV6, IPV6_FREEBIND, 1));
}

int probe_sk_ns(struct kernel *kernel)
{
	_cleanup_close_ int fd = open_socket(AF_UNIX, SOCK_DGRAM), ns = -EBADF;

	if (fd < 0)
		return fd;
	ns = ioctl(fd, SIOCGSKNS);
	return probe_result(ns);
}

/* A socket that is not bound has no file: the kernel says ENOENT, where it does not know the request EINVAL. */
int probe_sk_unix_file(struct kernel *kernel)
{
	_cleanup_close_ int fd = open_socket(AF_UNIX, SOCK_DGRAM), file = -EBADF;

	if (fd < 0)
		return fd;
	file = ioctl(fd, SIOCUNIXFILE);
	return file < 0 && errno == ENOENT ? 1 : probe_result(file);
}

int probe_tcp_repair(struct kernel *kernel)
{
	_cleanup_close_ int fd = open_socket(AF_INET, SOCK_STREAM);

	return fd < 0 ? fd : probe_result(set_option(fd, IPPROTO_TCP, TCP_REPAIR, REPAIR_ON));
}

/* The loopback device, with which a new network namespace is born, up or down. */
static int set_loopback(int fd, short flags)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = flags };

	return ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

/* In repair mode a connection is made without a packet, to nobody. */
static int connect_to_nobody(int fd)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(1) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (set_option(fd, IPPROTO_TCP, TCP_REPAIR, REPAIR_ON) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	address.sin_port = htons(2);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    set_option(fd, IPPROTO_TCP, TCP_REPAIR, REPAIR_OFF_NO_PROBE) < 0)
		return -errno;
	return 0;
}

/* The device is down again before the closing packet is sent, or an answer would end the connection. */
static int try_tcp_half_closed(void *context)
{
	_cleanup_close_ int fd = -EBADF;
	int ret;

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	fd = open_socket(AF_INET, SOCK_STREAM);
	ret = fd < 0 ? fd : set_loopback(fd, IFF_UP);
	if (ret == 0)
		ret = connect_to_nobody(fd);
	if (ret == 0)
		ret = set_loopback(fd, 0);
	if (ret < 0)
		return ret;
	if (shutdown(fd, SHUT_WR) < 0)
		return -errno;
	if (set_option(fd, IPPROTO_TCP, TCP_REPAIR, REPAIR_ON) == 0)
		return 1;
	return errno == EPERM ? 0 : -errno; /* before 4.12 only established and closed ones */
}

int probe_tcp_half_closed(struct kernel *kernel)
{
	return probe_in_child(try_tcp_half_closed, NULL);
}
