// SPDX-License-Identifier: GPL-2.0-only
/* Listeners that share a port (SO_REUSEPORT) in two processes, and connections that one of them has accepted.
 *
 * options: --tcp-established
 */
#include "test.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define NR 4

static struct sockaddr_in address = { .sin_family = AF_INET };
static int listeners[NR];

static int listen_too(void)
{
	socklen_t size = sizeof(address);
	int on = 1, fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));

	must(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)));
	must(bind(fd, (struct sockaddr *)&address, size));
	must(getsockname(fd, (struct sockaddr *)&address, &size));
	must(listen(fd, 5));
	return fd;
}

static void child(void *unused)
{
	int value = 0;
	socklen_t size = sizeof(value);

	(void)unused;
	test_ready();
	test_wait();
	must(getsockopt(listeners[1], SOL_SOCKET, SO_REUSEPORT, &value, &size));
	check(value, "SO_REUSEPORT is lost");
	listen_too();
}

static int accept_any(void)
{
	for (;;)
		for (int i = 0; i < NR; i++) {
			int fd = accept(listeners[i], NULL, NULL);

			if (fd >= 0)
				return fd;
		}
}

int main(int argc, char **argv)
{
	int client, server;
	char byte;
	pid_t pid;

	test_init(argc, argv);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < NR; i++)
		listeners[i] = listen_too();
	client = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(client, (struct sockaddr *)&address, sizeof(address)));
	server = accept_any();
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	test_end_child(pid);
	must(write(client, "x", 1));
	check(must(read(server, &byte, 1)) == 1 && byte == 'x', "nothing comes");
	close(client);
	client = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(client, (struct sockaddr *)&address, sizeof(address)));
	accept_any();
	pass();
}
