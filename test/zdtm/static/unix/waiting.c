// SPDX-License-Identifier: GPL-2.0-only
/* Connections that wait to be accepted: they are there in their order, and nothing is between them. */
#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NR 4

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "listener" };
	int listener, clients[NR], server;
	char byte;

	test_init(argc, argv);
	listener = must(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
	must(bind(listener, (struct sockaddr *)&address, sizeof(address)));
	must(listen(listener, NR));
	for (int i = NR - 1; i >= 0; i--)
		clients[i] = must(socket(AF_UNIX, SOCK_STREAM, 0));
	for (int i = 0; i < NR; i++)
		must(connect(clients[i], (struct sockaddr *)&address, sizeof(address)));

	test_ready();
	test_wait();

	for (int i = 0; i < NR; i++) {
		struct ucred cred;
		socklen_t size = sizeof(cred);

		server = must(accept(listener, NULL, NULL));
		byte = (char)('a' + i);
		must(write(clients[i], &byte, 1));
		byte = 0;
		check(read(server, &byte, 1) == 1 && byte == 'a' + i, "connection %d is another one ('%c')",
		      i, byte);
		must(getsockopt(server, SOL_SOCKET, SO_PEERCRED, &cred, &size));
		check(cred.pid == getpid(), "its client is %d", cred.pid);
		must(close(server));
	}
	check(accept(listener, NULL, NULL) < 0 && errno == EAGAIN, "there is one more");
	pass();
}
