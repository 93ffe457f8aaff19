// SPDX-License-Identifier: GPL-2.0-only
/* With --tcp-close connections come back closed: reading gives the end, writing an error.
 *
 * options: --tcp-close
 */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
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
	server = must(accept(listener, NULL, NULL));
	must(write(client, "x", 1));
	test_ready();
	test_wait();
	signal(SIGPIPE, SIG_IGN);
	check(must(read(client, &byte, 1)) == 0, "the client does not read the end");
	check(must(read(server, &byte, 1)) == 0, "the server does not read the end");
	check(write(client, "x", 1) < 0 && errno == EPIPE, "the client can write, or error %d", errno);
	check(getpeername(client, (struct sockaddr *)&address, &size) < 0 && errno == ENOTCONN, "there is a peer");
	pass();
}
