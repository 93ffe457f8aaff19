// SPDX-License-Identifier: GPL-2.0-only
/* Files on their way in queues: a regular file at an offset, and the end of a pipe that nobody has any more. Each comes with
 * the byte that it was sent with.
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
	int stream[2], datagrams[2], ends[2], file, fd;
	char got[10];

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, stream));
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams));
	file = must(open("file", O_RDWR | O_CREAT, 0644));
	must(write(file, "contents", 8));
	must(lseek(file, 3, SEEK_SET));
	must(pipe(ends));
	must(write(ends[1], "piped", 5));
	must(write(stream[0], "before", 6));
	send_fd(stream[0], "file", file);
	must(write(stream[0], "after", 5));
	send_fd(stream[0], "pipe", ends[0]);
	send_fd(datagrams[0], "one", file);
	send_fd(datagrams[0], "two", ends[1]);
	must(close(file));
	must(close(ends[0]));
	must(close(ends[1]));

	test_ready();
	test_wait();

	check(receive(stream[1], 6, "before") < 0, "a file comes too early");
	fd = receive(stream[1], 4, "file");
	check(fd >= 0 && read(fd, got, sizeof(got)) == 5 && !memcmp(got, "tents", 5), "the file is another one");
	check(receive(stream[1], 5, "after") < 0, "a file comes twice");
	fd = receive(stream[1], 4, "pipe");
	check(fd >= 0 && read(fd, got, sizeof(got)) == 5 && !memcmp(got, "piped", 5), "the pipe is another one");
	file = receive(datagrams[1], 10, "one");
	check(lseek(file, 0, SEEK_CUR) == 8, "it is another description of the file");
	ends[1] = receive(datagrams[1], 10, "two");
	must(write(ends[1], "more", 4));
	check(read(fd, got, sizeof(got)) == 4, "they are not the ends of one pipe");
	must(close(ends[1]));
	check(read(fd, got, sizeof(got)) == 0, "somebody else has the end of the pipe");
	pass();
}
