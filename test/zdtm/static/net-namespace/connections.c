// SPDX-License-Identifier: GPL-2.0-only
/* TCP in a network namespace of the tree's own, at addresses that only that has: a listener, connections of both families
 * with both ends here and bytes that were not read, one of the namespace that the task has left.
 *
 * options: --tcp-established
 * kinds: net tcp
 */
#include "test.h"

#include "rtnetlink.h"

#include <arpa/inet.h>
#include <errno.h>
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
#define MUCH 100000

static ino_t namespace_of(int socket)
{
	int fd = must(ioctl(socket, SIOCGSKNS));
	struct stat stat;

	must(fstat(fd, &stat));
	close(fd);
	return stat.st_ino;
}

struct pair {
	struct sockaddr_in6 address;
	socklen_t size;
	int listener, client, server;
};

static void connect_pair(struct pair *pair)
{
	pair->listener = must(socket(pair->address.sin6_family, SOCK_STREAM | SOCK_NONBLOCK, 0));
	must(bind(pair->listener, (struct sockaddr *)&pair->address, pair->size));
	must(getsockname(pair->listener, (struct sockaddr *)&pair->address, &pair->size));
	must(listen(pair->listener, 5));
	pair->client = must(socket(pair->address.sin6_family, SOCK_STREAM, 0));
	must(connect(pair->client, (struct sockaddr *)&pair->address, pair->size));
	pair->server = must(accept(pair->listener, NULL, NULL));
}

static void send_all(int fd, uint32_t seed)
{
	char data[MUCH];

	test_fill(data, sizeof(data), seed);
	must(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){ 4 * MUCH }, sizeof(int)));
	for (size_t done = 0; done < sizeof(data);)
		done += (size_t)must(send(fd, data + done, sizeof(data) - done, 0));
}

static void receive_all(int fd, uint32_t seed)
{
	char data[MUCH];

	must(recv(fd, data, sizeof(data), MSG_WAITALL));
	check(test_differs(data, sizeof(data), seed) < 0, "what comes is not what was sent");
}

static void check_pair(struct pair *pair, uint32_t seed, ino_t namespace)
{
	int fd;

	check(namespace_of(pair->listener) == namespace && namespace_of(pair->client) == namespace &&
		      namespace_of(pair->server) == namespace,
	      "a socket has changed its namespace");
	receive_all(pair->server, seed);
	send_all(pair->server, seed + 1);
	receive_all(pair->client, seed + 1);
	fd = must(socket(pair->address.sin6_family, SOCK_STREAM, 0));
	must(connect(fd, (struct sockaddr *)&pair->address, pair->size));
	close(must(accept(pair->listener, NULL, NULL)));
	check(recv(fd, &fd, 1, 0) == 0, "the new connection does not end");
}

int main(int argc, char **argv)
{
	struct pair pairs[2] = { { .size = sizeof(struct sockaddr_in) }, { .size = sizeof(struct sockaddr_in6) } };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&pairs[0].address;
	struct stat own;
	int netlink, outer;
	ino_t first;

	test_init(argc, argv);
	outer = must(socket(AF_INET, SOCK_STREAM, 0));
	must(bind(outer, (struct sockaddr *)&(struct sockaddr_in){ .sin_family = AF_INET },
		  sizeof(struct sockaddr_in)));
	must(listen(outer, 5));
	first = namespace_of(outer);
	must(unshare(CLONE_NEWNET));
	netlink = rtnetlink_open();
	rtnetlink_set_link(netlink, true, 0);
	rtnetlink_add_address(netlink, "10.9.8.7", 32, RT_SCOPE_UNIVERSE, 0, 0);
	rtnetlink_close(netlink);
	v4->sin_family = AF_INET;
	v4->sin_addr.s_addr = htonl(0x0a090807);
	pairs[1].address.sin6_family = AF_INET6;
	pairs[1].address.sin6_addr = in6addr_loopback;
	for (uint32_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		connect_pair(&pairs[i]);
		send_all(pairs[i].client, 10 * i);
	}
	test_ready();
	test_wait();
	must(stat("/proc/self/ns/net", &own));
	check(namespace_of(outer) == first && own.st_ino != first, "the outer socket has changed its namespace");
	for (uint32_t i = 0; i < ARRAY_SIZE(pairs); i++)
		check_pair(&pairs[i], 10 * i, own.st_ino);
	pass();
}
