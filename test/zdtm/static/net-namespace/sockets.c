// SPDX-License-Identifier: GPL-2.0-only
/* Unix sockets of a network namespace of the tree's own, which has abstract names of its own, beside one of the namespace
 * that the task has left: both have the same name.
 *
 * kinds: net unix
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894C
#endif

static struct sockaddr_un name = { .sun_family = AF_UNIX };
static socklen_t name_size;

static int listen_at_name(void)
{
	int fd = must(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));

	must(bind(fd, (struct sockaddr *)&name, name_size));
	must(listen(fd, 5));
	return fd;
}

static int connect_to_name(void)
{
	int fd = must(socket(AF_UNIX, SOCK_STREAM, 0));

	must(connect(fd, (struct sockaddr *)&name, name_size));
	return fd;
}

static ino_t namespace_of(int socket)
{
	int fd = must(ioctl(socket, SIOCGSKNS));
	struct stat stat;

	must(fstat(fd, &stat));
	close(fd);
	return stat.st_ino;
}

static ino_t namespace_of_task(const char *link)
{
	struct stat stat_of;

	must(stat(link, &stat_of));
	return stat_of.st_ino;
}

static ino_t own_namespace(void)
{
	return namespace_of_task("/proc/self/ns/net");
}

/* That which the task has left. Its number is another one where the tree was carried to another kernel. */
static ino_t first_namespace(void)
{
	return namespace_of_task("/proc/1/ns/net");
}

static void check_text(int fd, const char *text)
{
	char got[16] = "";

	must(recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT));
	check(!strcmp(got, text), "'%s' arrives, not '%s'", got, text);
}

int main(int argc, char **argv)
{
	int outer, inner, client, server, waiting, pair[2], datagrams[2];
	struct stat here;

	test_init(argc, argv);
	/* Other tests in this namespace can have our pid. */
	must(stat(".", &here));
	name_size = (socklen_t)(sizeof(name.sun_family) + 1 +
				(size_t)snprintf(name.sun_path + 1, 32, "zdtm-netns-%lu",
						 (unsigned long)here.st_ino));
	outer = listen_at_name();
	check(namespace_of(outer) == first_namespace(), "init is in another namespace");
	must(unshare(CLONE_NEWNET));
	inner = listen_at_name();
	client = connect_to_name();
	server = must(accept(inner, NULL, NULL));
	must(send(client, "one", 3, 0));
	waiting = connect_to_name();
	must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	must(send(pair[0], "two", 3, 0));
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams));
	must(send(datagrams[0], "three", 5, 0));
	test_ready();
	test_wait();
	check(namespace_of(outer) == first_namespace() && own_namespace() != first_namespace(),
	      "a socket has changed its namespace");
	check(namespace_of(inner) == own_namespace() && namespace_of(client) == own_namespace() &&
		      namespace_of(pair[0]) == own_namespace() && namespace_of(datagrams[1]) == own_namespace(),
	      "a socket is in another namespace");
	check_text(server, "one");
	check_text(pair[1], "two");
	check_text(datagrams[1], "three");
	close(must(accept(inner, NULL, NULL)));
	check(recv(waiting, &client, 1, 0) == 0, "the one that waited was another");
	check(accept(inner, NULL, NULL) < 0 && errno == EAGAIN, "somebody waits");
	connect_to_name();
	close(must(accept(inner, NULL, NULL)));
	check(accept(outer, NULL, NULL) < 0 && errno == EAGAIN, "the name leads to the other namespace");
	pass();
}
