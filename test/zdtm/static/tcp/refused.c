// SPDX-License-Identifier: GPL-2.0-only
/* What cannot be kept of TCP is refused by name, all in one run.
 *
 * refuses: TCP connection 127.0.0.1:; --tcp-established; connection 1 that waits to be accepted is kept with --tcp-established only; --skip-in-flight; TCP_MD5SIG; Multipath TCP; neither that of a task of the tree nor that of criu
 */
#include "test.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static int make_listener(int protocol, struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	int fd = must(socket(AF_INET, SOCK_STREAM, protocol));

	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	must(bind(fd, (struct sockaddr *)address, size));
	must(getsockname(fd, (struct sockaddr *)address, &size));
	must(listen(fd, 5));
	return fd;
}

static int connect_to(int protocol, const struct sockaddr_in *address)
{
	int fd = must(socket(AF_INET, SOCK_STREAM, protocol));

	must(connect(fd, (const struct sockaddr *)address, sizeof(*address)));
	return fd;
}

static void sign(void)
{
	struct tcp_md5sig key = { .tcpm_keylen = 4, .tcpm_key = "key" };
	struct sockaddr_in *peer = (struct sockaddr_in *)&key.tcpm_addr, address;
	int fd = make_listener(0, &address);

	*peer = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	must(setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof(key)));
}

static void open_elsewhere(void)
{
	int home = must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));

	must(unshare(CLONE_NEWNET));
	must(socket(AF_INET, SOCK_STREAM, 0));
	must(setns(home, CLONE_NEWNET));
	must(close(home));
}

int main(int argc, char **argv)
{
	struct sockaddr_in address;
	int listener, client, server;

	test_init(argc, argv);
	listener = make_listener(0, &address);
	connect_to(0, &address);
	server = must(accept(listener, NULL, NULL));
	client = connect_to(0, &address);
	must(write(server, "u", 1));
	listener = make_listener(IPPROTO_MPTCP, &address);
	connect_to(IPPROTO_MPTCP, &address);
	must(accept(listener, NULL, NULL));
	sign();
	open_elsewhere();
	test_ready();
	test_wait();
	must(write(client, "x", 1));
	pass();
}
