// SPDX-License-Identifier: GPL-2.0-only
/* A listener bound to a path: the file keeps mode and owner, and clients find it. One bound to an absolute name, one to
 * a relative one from a directory that the program has left.
 */
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *path, int backlog)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = must(socket(AF_UNIX, SOCK_STREAM, 0));

	strcpy(address.sun_path, path);
	must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
	must(listen(fd, backlog));
	return fd;
}

static void connect_to(const char *path, int listener, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX }, peer = { 0 };
	socklen_t size = sizeof(peer);
	int fd = must(socket(AF_UNIX, SOCK_STREAM, 0)), server;

	strcpy(address.sun_path, path);
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)));
	server = must(accept(listener, NULL, NULL));
	must(getpeername(fd, (struct sockaddr *)&peer, &size));
	check(strcmp(peer.sun_path, name) == 0, "the name is '%s'", peer.sun_path);
	must(write(fd, "x", 1));
	check(read(server, address.sun_path, 2) == 1, "nothing arrives");
	must(close(fd));
	must(close(server));
}

int main(int argc, char **argv)
{
	char absolute[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	int listeners[2];
	struct stat stat;

	test_init(argc, argv);
	must(mkdir("below", 0755));
	if (!getcwd(absolute, sizeof(absolute) - sizeof("/absolute")))
		skip("the name of this directory is too long for a socket");
	strcat(absolute, "/absolute");
	listeners[0] = listen_at(absolute, 3);
	must(chmod(absolute, 0640));
	must(chown(absolute, 7, 8));
	must(chdir("below"));
	listeners[1] = listen_at("./relative", 1);
	must(chdir(".."));

	test_ready();
	test_wait();

	must(lstat("absolute", &stat));
	check(S_ISSOCK(stat.st_mode) && (stat.st_mode & 07777) == 0640 && stat.st_uid == 7 && stat.st_gid == 8,
	      "the file has mode %o, owner %d, group %d", stat.st_mode, stat.st_uid, stat.st_gid);
	connect_to(absolute, listeners[0], absolute);
	connect_to("below/relative", listeners[1], "./relative");
	pass();
}
