// SPDX-License-Identifier: GPL-2.0-only
/* Listeners with abstract names, one of them chosen by the kernel, and one whose name has a zero byte in it. */
#include "test.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NR 3

static struct sockaddr_un names[NR];
static socklen_t sizes[NR];
static int listeners[NR];

static void try_one(int i)
{
	int fd = must(socket(AF_UNIX, SOCK_SEQPACKET, 0)), server;
	struct sockaddr_un name;
	socklen_t size = sizeof(name);
	char byte;

	must(getsockname(listeners[i], (struct sockaddr *)&name, &size));
	check(size == sizes[i] && memcmp(&name, &names[i], size) == 0, "name %d differs", i);
	must(connect(fd, (struct sockaddr *)&names[i], sizes[i]));
	server = must(accept(listeners[i], NULL, NULL));
	must(send(server, "a", 1, 0));
	check(recv(fd, &byte, 1, 0) == 1, "nothing arrives at %d", i);
	must(close(fd));
	must(close(server));
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	for (int i = 0; i < NR; i++) {
		listeners[i] = must(socket(AF_UNIX, SOCK_SEQPACKET, 0));
		names[i].sun_family = AF_UNIX;
		sizes[i] = offsetof(struct sockaddr_un, sun_path);
	}
	sizes[0] += (socklen_t)sprintf(names[0].sun_path + 1, "zdtm-%d", getpid()) + 1;
	memcpy(&names[1], &names[0], sizeof(names[0]));
	memcpy(names[1].sun_path + 5, "\0z", 2);
	sizes[1] = sizes[0];
	for (int i = 0; i < NR; i++) {
		must(bind(listeners[i], (struct sockaddr *)&names[i], sizes[i]));
		must(listen(listeners[i], 5));
	}
	sizes[2] = sizeof(names[2]);
	must(getsockname(listeners[2], (struct sockaddr *)&names[2], &sizes[2]));

	test_ready();
	test_wait();

	for (int i = 0; i < NR; i++)
		try_one(i);
	pass();
}
