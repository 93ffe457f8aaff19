// SPDX-License-Identifier: GPL-2.0-only
/* Connections that wait to be accepted are left out if so wanted; the listener takes others.
 *
 * options: --tcp-close
 * dump-options: --skip-in-flight
 */
#include "test.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener, client, server;
	char byte;

	test_init(argc, argv);
	listener = must(socket(AF_INET, SOCK_STREAM, 0));
	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 5));
	client = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(client, (struct sockaddr *)&address, size));
	test_ready();
	test_wait();
	close(client);
	client = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(client, (struct sockaddr *)&address, size));
	must(write(client, "x", 1));
	server = must(accept(listener, NULL, NULL));
	check(must(read(server, &byte, 1)) == 1 && byte == 'x', "the connection left out is there");
	pass();
}
