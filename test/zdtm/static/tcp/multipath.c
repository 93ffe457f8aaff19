// SPDX-License-Identifier: GPL-2.0-only
/* A listener of Multipath TCP is one after the restore, and takes both kinds of connections.
 */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

static void talk(int listener, int protocol, const struct sockaddr_in *address)
{
	int client = must(socket(AF_INET, SOCK_STREAM, protocol)), server;
	char byte = 0;

	must(connect(client, (const struct sockaddr *)address, sizeof(*address)));
	must(write(client, "x", 1));
	server = must(accept(listener, NULL, NULL));
	check(must(read(server, &byte, 1)) == 1 && byte == 'x', "nothing comes");
	close(server);
	close(client);
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address), value_size = sizeof(int);
	int listener, protocol = 0;

	test_init(argc, argv);
	listener = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);
	if (listener < 0 && (errno == EPROTONOSUPPORT || errno == ENOPROTOOPT))
		skip("no Multipath TCP here");
	must(bind(listener, (struct sockaddr *)&address, size));
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 5));
	test_ready();
	test_wait();
	must(getsockopt(listener, SOL_SOCKET, SO_PROTOCOL, &protocol, &value_size));
	check(protocol == IPPROTO_MPTCP, "the protocol is %d", protocol);
	talk(listener, IPPROTO_TCP, &address);
	talk(listener, IPPROTO_MPTCP, &address);
	pass();
}
