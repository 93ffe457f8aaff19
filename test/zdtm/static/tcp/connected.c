// SPDX-License-Identifier: GPL-2.0-only
/* Connections whose both ends are in the tree, of IPv4, IPv6 and IPv4 in IPv6, with bytes in the queues of both ends.
 *
 * options: --tcp-established
 */
#include "test.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUED 100000
#define NR 3

struct pair {
	int client, server;
	socklen_t size;
	struct sockaddr_in6 name, peer;
};

static void fill_address(int family, bool mapped, struct sockaddr_in6 *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;

	memset(ret, 0, sizeof(*ret));
	ret->sin6_family = family;
	if (family == AF_INET)
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else if (!mapped)
		ret->sin6_addr = in6addr_loopback;
	else
		memcpy(&ret->sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
}

static void make_pair(int family, bool mapped, struct pair *pair)
{
	struct sockaddr_in6 address;
	socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(address);
	int listener = must(socket(family, SOCK_STREAM, 0));

	fill_address(family, mapped, &address);
	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 1));
	pair->client = must(socket(family, SOCK_STREAM, 0));
	must(connect(pair->client, (struct sockaddr *)&address, size));
	pair->server = must(accept(listener, NULL, NULL));
	close(listener);
	pair->size = sizeof(pair->name);
	must(getsockname(pair->client, (struct sockaddr *)&pair->name, &pair->size));
	must(getpeername(pair->client, (struct sockaddr *)&pair->peer, &pair->size));
}

static void send_bytes(int fd, uint32_t seed)
{
	char *data = malloc(QUEUED);
	size_t done = 0;

	test_fill(data, QUEUED, seed);
	while (done < QUEUED)
		done += must(write(fd, data + done, QUEUED - done));
	free(data);
}

static void expect_bytes(int fd, uint32_t seed)
{
	char *data = malloc(QUEUED);
	size_t done = 0;

	while (done < QUEUED) {
		ssize_t got = must(read(fd, data + done, QUEUED - done));

		check(got > 0, "the stream ends after %zu bytes", done);
		done += got;
	}
	check(test_differs(data, QUEUED, seed) == -1, "byte %zd differs", test_differs(data, QUEUED, seed));
	free(data);
}

static void check_names(const struct pair *pair)
{
	struct sockaddr_in6 name, peer;
	socklen_t size = sizeof(name);

	must(getsockname(pair->client, (struct sockaddr *)&name, &size));
	check(!memcmp(&name, &pair->name, pair->size), "the address of the client differs");
	must(getpeername(pair->client, (struct sockaddr *)&peer, &size));
	check(!memcmp(&peer, &pair->peer, pair->size), "the address of the server differs");
}

int main(int argc, char **argv)
{
	struct pair pairs[NR];
	int on = 1, value = 0;
	socklen_t size = sizeof(value);

	test_init(argc, argv);
	make_pair(AF_INET, false, &pairs[0]);
	make_pair(AF_INET6, false, &pairs[1]);
	make_pair(AF_INET6, true, &pairs[2]);
	for (uint32_t i = 0; i < NR; i++) {
		must(setsockopt(pairs[i].client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
		send_bytes(pairs[i].client, 10 + i);
		send_bytes(pairs[i].server, 20 + i);
	}
	test_ready();
	test_wait();
	for (uint32_t i = 0; i < NR; i++) {
		check_names(&pairs[i]);
		must(getsockopt(pairs[i].client, IPPROTO_TCP, TCP_NODELAY, &value, &size));
		check(value, "TCP_NODELAY is lost");
		expect_bytes(pairs[i].server, 10 + i);
		expect_bytes(pairs[i].client, 20 + i);
		send_bytes(pairs[i].client, 30 + i);
		expect_bytes(pairs[i].server, 30 + i);
		close(pairs[i].client);
		check(must(read(pairs[i].server, &value, 1)) == 0, "the end does not come");
	}
	pass();
}
