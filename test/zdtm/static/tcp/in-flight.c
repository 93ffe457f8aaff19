// SPDX-License-Identifier: GPL-2.0-only
/* Connections that wait to be accepted, and those that are half open, are left out if so wanted; the listeners take others.
 *
 * options: --tcp-close
 * dump-options: --skip-in-flight
 */
#include "test.h"

#include "tcp.h"

#include <linux/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static void check_taken(int listener, const union tcp_address *address)
{
	int client = tcp_call(address), server;
	char byte;

	must(write(client, "x", 1));
	server = must(accept(listener, NULL, NULL));
	check(must(read(server, &byte, 1)) == 1 && byte == 'x', "the connection left out is there");
	must(close(client));
	must(close(server));
}

int main(int argc, char **argv)
{
	union tcp_address address, later;
	int listener, deferred, clients[3], patience = 100;

	test_init(argc, argv);
	listener = tcp_listen("127.0.0.1", 5, &address);
	clients[0] = tcp_call(&address);
	clients[1] = tcp_call(&address);
	must(write(clients[1], "early", 5));
	/* Until the client says something, its connection stays half open. */
	deferred = tcp_listen("127.0.0.1", 5, &later);
	must(setsockopt(deferred, IPPROTO_TCP, TCP_DEFER_ACCEPT, &patience, sizeof(patience)));
	clients[2] = tcp_call(&later);
	test_ready();
	test_wait();
	for (int i = 0; i < 3; i++)
		must(close(clients[i]));
	check_taken(listener, &address);
	check_taken(deferred, &later);
	pass();
}
