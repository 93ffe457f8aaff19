// SPDX-License-Identifier: GPL-2.0-only
/* UDP sockets in a network namespace of the tree's own, at an address that only that has, with datagrams that wait; one
 * of the namespace that the task has left. The datagrams get to their socket although a listener of TCP has the traffic of
 * the namespace held.
 *
 * kinds: net udp
 */
#include "test.h"

#include "rtnetlink.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894C
#endif

static ino_t namespace_of(int socket)
{
	int fd = must(ioctl(socket, SIOCGSKNS));
	struct stat stat;

	must(fstat(fd, &stat));
	close(fd);
	return stat.st_ino;
}

/* That which the task has left. Its number is another one where the tree was carried to another kernel. */
static ino_t first_namespace(void)
{
	struct stat first;

	must(stat("/proc/1/ns/net", &first));
	return first.st_ino;
}

static void check_datagram(int fd, const char *text)
{
	char got[16] = "";

	must(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT));
	check(!strcmp(got, text), "'%s' arrives, not '%s'", got, text);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(0x0a090807) } };
	socklen_t size = sizeof(address);
	int netlink, outer, server, client, listener;

	test_init(argc, argv);
	outer = must(socket(AF_INET, SOCK_DGRAM, 0));
	check(namespace_of(outer) == first_namespace(), "init is in another namespace");
	must(unshare(CLONE_NEWNET));
	netlink = rtnetlink_open();
	rtnetlink_set_link(netlink, true, 0);
	rtnetlink_add_address(netlink, "10.9.8.7", 32, RT_SCOPE_UNIVERSE, 0, 0);
	rtnetlink_close(netlink);
	listener = must(socket(AF_INET, SOCK_STREAM, 0));
	must(listen(listener, 1));
	server = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(bind(server, (struct sockaddr *)&address, size));
	must(getsockname(server, (struct sockaddr *)&address, &size));
	client = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(connect(client, (struct sockaddr *)&address, size));
	must(send(client, "before", 6, 0));
	test_ready();
	test_wait();
	check(namespace_of(outer) == first_namespace() && namespace_of(server) != first_namespace() &&
		      namespace_of(server) == namespace_of(client),
	      "a socket has changed its namespace");
	check_datagram(server, "before");
	must(send(client, "after", 5, 0));
	check_datagram(server, "after");
	pass();
}
