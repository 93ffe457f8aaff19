// SPDX-License-Identifier: GPL-2.0-only
/* A socket in its own queue, and a chain: a socket that nobody has is in flight, with another one in its queue that has a
 * file in its own.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void send_fd(int to, const char *text, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { (void *)text, strlen(text) };
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	must(sendmsg(to, &head, 0));
}

static int receive(int from, size_t length, const char *text)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { 0 };
	char got[20] = { 0 };
	struct iovec part = { got, length };
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	int fd = -1;

	must(recvmsg(from, &head, MSG_DONTWAIT));
	check(strcmp(got, text) == 0, "'%s' comes instead of '%s'", got, text);
	if (head.msg_controllen)
		memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
	return fd;
}

int main(int argc, char **argv)
{
	int own[2], outer[2], middle[2], inner[2], file, fd;
	char got[10];

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, own));
	send_fd(own[0], "me", own[1]);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, outer));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, middle));
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, inner));
	file = must(open("file", O_RDWR | O_CREAT, 0644));
	must(write(file, "contents", 8));
	must(lseek(file, 0, SEEK_SET));
	send_fd(inner[0], "file", file);
	send_fd(middle[0], "inner", inner[1]);
	send_fd(outer[0], "middle", middle[1]);
	must(close(file));
	for (int i = 0; i < 2; i++)
		must(close(inner[i]));
	must(close(middle[1]));
	must(close(middle[0]));

	test_ready();
	test_wait();

	must(send(own[0], "!", 1, 0));
	fd = receive(own[1], 2, "me");
	check(recv(fd, got, 1, MSG_DONTWAIT) == 1 && got[0] == '!', "it is another socket");
	fd = receive(outer[1], 10, "middle");
	fd = receive(fd, 10, "inner");
	fd = receive(fd, 10, "file");
	check(read(fd, got, sizeof(got)) == 8 && !memcmp(got, "contents", 8), "the file is another one");
	pass();
}
