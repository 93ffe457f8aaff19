// SPDX-License-Identifier: GPL-2.0-only
/* Connections that were accepted: the server's end has the name of the listener, which in one case is closed. */
#include "test.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct connection {
	int listener, client, server;
};

static struct connection connect_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct connection new = { must(socket(AF_UNIX, SOCK_STREAM, 0)), must(socket(AF_UNIX, SOCK_STREAM, 0)), 0 };

	strcpy(address.sun_path, path);
	must(bind(new.listener, (struct sockaddr *)&address, sizeof(address)));
	must(listen(new.listener, 3));
	must(connect(new.client, (struct sockaddr *)&address, sizeof(address)));
	new.server = must(accept(new.listener, NULL, NULL));
	must(write(new.client, path, strlen(path) + 1));
	return new;
}

static void check_it(const struct connection *connection, const char *path)
{
	struct sockaddr_un name = { 0 };
	socklen_t size = sizeof(name);
	char got[20];

	must(getsockname(connection->server, (struct sockaddr *)&name, &size));
	check(strcmp(name.sun_path, path) == 0, "the server's name is '%s'", name.sun_path);
	memset(&name, 0, sizeof(name));
	size = sizeof(name);
	must(getpeername(connection->client, (struct sockaddr *)&name, &size));
	check(strcmp(name.sun_path, path) == 0, "the client's peer is '%s'", name.sun_path);
	size = sizeof(name);
	must(getsockname(connection->client, (struct sockaddr *)&name, &size));
	check(size == sizeof(sa_family_t), "the client has a name of %d bytes", size);
	check(read(connection->server, got, sizeof(got)) == (ssize_t)strlen(path) + 1 && !strcmp(got, path),
	      "the bytes on their way are lost");
	must(write(connection->server, "y", 1));
	check(read(connection->client, got, 2) == 1, "nothing arrives");
}

int main(int argc, char **argv)
{
	struct connection open, closed, gone;

	test_init(argc, argv);
	open = connect_at("open");
	closed = connect_at("closed");
	must(close(closed.listener));
	gone = connect_at("gone");
	must(close(gone.listener));
	must(unlink("gone"));

	test_ready();
	test_wait();

	check_it(&open, "open");
	check_it(&closed, "closed");
	check_it(&gone, "gone");
	check(access("gone", F_OK) < 0, "a deleted name is back");
	pass();
}
