// SPDX-License-Identifier: GPL-2.0-only
/* Files that are sent there and back between two processes, and are often nowhere else than on their way: none is lost, and
 * none becomes another one.
 *
 * kinds: unix
 * iterations: 10
 * not-compared: descriptors positions
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NR 3

static int pair[2];

static void send_file(int to, int number, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { &number, sizeof(number) };
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	check(must(sendmsg(to, &head, 0)) == sizeof(number), "a part of a number is sent");
	must(close(fd));
}

/* -1: the other end is closed. */
static int receive_file(int from, int *number)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control;
	struct iovec part = { number, sizeof(*number) };
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	int fd;

	if (must(recvmsg(from, &head, 0)) == 0)
		return -1;
	check(head.msg_controllen != 0, "file %d is lost", *number);
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

static void check_file(int fd, int number)
{
	char text[16] = { 0 }, wanted[16];

	snprintf(wanted, sizeof(wanted), "number %d", number);
	must(pread(fd, text, sizeof(text) - 1, 0));
	check(strcmp(text, wanted) == 0, "file %d has '%s' in it", number, text);
}

static void return_files(void *arg)
{
	int number, fd;

	(void)arg;
	must(close(pair[0]));
	test_ready();
	while ((fd = receive_file(pair[1], &number)) >= 0)
		send_file(pair[1], number, fd);
	test_wait();
}

int main(int argc, char **argv)
{
	char text[16];
	pid_t child;
	int number;

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	child = test_child(return_files, NULL);
	must(close(pair[1]));
	for (int i = 0; i < NR; i++) {
		int fd = must(open("file", O_RDWR | O_CREAT | O_EXCL, 0600));

		must(write(fd, text, (size_t)snprintf(text, sizeof(text), "number %d", i)));
		snprintf(text, sizeof(text), "file-%d", i);
		must(rename("file", text));
		send_file(pair[0], i, fd);
	}
	test_ready();
	while (!test_stopped()) {
		int fd = receive_file(pair[0], &number);

		check_file(fd, number);
		send_file(pair[0], number, fd);
	}
	for (int i = 0; i < NR; i++) {
		int fd = receive_file(pair[0], &number);

		check_file(fd, number);
	}
	must(shutdown(pair[0], SHUT_WR));
	test_end_child(child);
	pass();
}
