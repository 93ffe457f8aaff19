// SPDX-License-Identifier: GPL-2.0-only
/* A listener whose file was renamed after it was bound, and one that was bound below another root directory. */
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int listen_at(const char *path, const char *root)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = must(socket(AF_UNIX, SOCK_STREAM, 0)), status;
	pid_t child;

	strcpy(address.sun_path, path);
	child = must(fork());
	if (!child) {
		if (root)
			must(chroot(root));
		must(bind(fd, (struct sockaddr *)&address, sizeof(address)));
		_exit(0);
	}
	must(waitpid(child, &status, 0));
	check(status == 0, "it cannot be bound");
	must(listen(fd, 3));
	return fd;
}

static void check_it(int listener, const char *path, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX }, own = { 0 };
	int fd = must(socket(AF_UNIX, SOCK_STREAM, 0));
	socklen_t size = sizeof(own);

	must(getsockname(listener, (struct sockaddr *)&own, &size));
	check(strcmp(own.sun_path, name) == 0, "the name is '%s', not '%s'", own.sun_path, name);
	strcpy(address.sun_path, path);
	check(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "nobody listens at '%s'", path);
	must(close(must(accept(listener, NULL, NULL))));
	must(close(fd));
}

int main(int argc, char **argv)
{
	int renamed, below, relative;
	char name[80];

	test_init(argc, argv);
	if (!getcwd(name, sizeof(name) - 10))
		skip("the name of this directory is too long for a socket");
	strcat(name, "/first");
	renamed = listen_at(name, NULL);
	must(rename("first", "second"));
	relative = listen_at("third", NULL);
	must(rename("third", "fourth"));
	must(mkdir("root", 0755));
	must(mkdir("root/run", 0755));
	below = listen_at("/run/socket", "root");

	test_ready();
	test_wait();

	check(access("first", F_OK) < 0 && access("third", F_OK) < 0, "an old name is back");
	check_it(renamed, "second", name);
	check_it(relative, "fourth", "third");
	check_it(below, "root/run/socket", "/run/socket");
	pass();
}
