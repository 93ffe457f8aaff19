// SPDX-License-Identifier: GPL-2.0-only
/* Connections that wait to be accepted, and those that are half open, are left out if so wanted; the listeners take others.
 *
 * options: --tcp-close
 * dump-options: --skip-in-flight
 */
#include "test.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static int start(struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));

	*address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	must(bind(fd, (struct sockaddr *)address, size));
	must(getsockname(fd, (struct sockaddr *)address, &size));
	must(listen(fd, 5));
	return fd;
}

static int call(const struct sockaddr_in *address)
{
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));

	must(connect(fd, (const struct sockaddr *)address, sizeof(*address)));
	return fd;
}

static void check_taken(int listener, const struct sockaddr_in *address)
{
	int client = call(address), server;
	char byte;

	must(write(client, "x", 1));
	server = must(accept(listener, NULL, NULL));
	check(must(read(server, &byte, 1)) == 1 && byte == 'x', "the connection left out is there");
	must(close(client));
	must(close(server));
}

int main(int argc, char **argv)
{
	struct sockaddr_in address, later;
	int listener, deferred, clients[3], patience = 100;

	test_init(argc, argv);
	listener = start(&address);
	clients[0] = call(&address);
	clients[1] = call(&address);
	must(write(clients[1], "early", 5));
	/* Until the client says something, its connection stays half open. */
	deferred = start(&later);
	must(setsockopt(deferred, IPPROTO_TCP, TCP_DEFER_ACCEPT, &patience, sizeof(patience)));
	clients[2] = call(&later);
	test_ready();
	test_wait();
	for (int i = 0; i < 3; i++)
		must(close(clients[i]));
	check_taken(listener, &address);
	check_taken(deferred, &later);
	pass();
}
