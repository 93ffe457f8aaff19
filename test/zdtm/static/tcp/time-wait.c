// SPDX-License-Identifier: GPL-2.0-only
/* Connections that the program has closed first stay with the kernel for a while (TIME_WAIT): a listener with SO_REUSEADDR
 * comes back at their port, and another one may be bound there as before, with that option and not without.
 */
#include "test.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static int bind_to(const struct sockaddr_in *address, int reuse)
{
	int fd = must(socket(AF_INET, SOCK_STREAM, 0));

	must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse)));
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return fd;
	close(fd);
	return -errno;
}

static void close_first(int listener, const struct sockaddr_in *address)
{
	int client = must(socket(AF_INET, SOCK_STREAM, 0)), server;
	char byte;

	must(connect(client, (const struct sockaddr *)address, sizeof(*address)));
	server = must(accept(listener, NULL, NULL));
	must(shutdown(server, SHUT_WR));
	check(must(read(client, &byte, 1)) == 0, "the end does not come");
	must(close(client));
	check(must(read(server, &byte, 1)) == 0, "the end does not come");
	must(close(server));
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener, value;
	socklen_t size = sizeof(address);

	test_init(argc, argv);
	listener = bind_to(&address, 1);
	must(getsockname(listener, (struct sockaddr *)&address, &size));
	must(listen(listener, 5));
	close_first(listener, &address);
	test_ready();
	test_wait();
	size = sizeof(value);
	must(getsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &value, &size));
	check(value == 1, "SO_REUSEADDR is %d", value);
	close_first(listener, &address);
	must(close(listener));
	check(bind_to(&address, 0) == -EADDRINUSE, "it is bound beside connections that are not over");
	must(listen(must(bind_to(&address, 1)), 5));
	pass();
}
