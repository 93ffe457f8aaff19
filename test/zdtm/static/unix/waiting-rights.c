// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors that were sent to sockets which nobody has accepted: the open file that came is the one that was sent, also when
 * it is the listener itself.
 *
 * kinds: unix accept_queues
 * skip-if: no-kernel-types
 */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void send_fds(int to, const char *text, const int *fds, size_t nr)
{
	char control[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	struct iovec part = { (void *)text, strlen(text) };
	struct msghdr head = { .msg_iov = &part,
			       .msg_iovlen = 1,
			       .msg_control = control,
			       .msg_controllen = CMSG_SPACE(nr * sizeof(int)) };
	struct cmsghdr *rights = CMSG_FIRSTHDR(&head);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(nr * sizeof(int));
	memcpy(CMSG_DATA(rights), fds, nr * sizeof(int));
	must(sendmsg(to, &head, 0));
}

static void receive_fds(int from, const char *text, int *fds, size_t nr)
{
	char control[CMSG_SPACE(2 * sizeof(int))], data[16];
	struct iovec part = { data, sizeof(data) };
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	ssize_t got = must(recvmsg(from, &head, 0));
	struct cmsghdr *rights = CMSG_FIRSTHDR(&head);

	check(got == (ssize_t)strlen(text) && memcmp(data, text, (size_t)got) == 0, "not '%s'", text);
	check(nr ? rights && rights->cmsg_len == CMSG_LEN(nr * sizeof(int)) : !rights,
	      "descriptors with '%s'", text);
	if (nr)
		memcpy(fds, CMSG_DATA(rights), nr * sizeof(int));
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "listener" };
	int listener, client, other, file, got[2], server;
	char data[8] = "";

	test_init(argc, argv);
	file = must(open("file", O_RDWR | O_CREAT, 0644));
	check(must(write(file, "abcdef", 6)) == 6, "short write");
	must(lseek(file, 2, SEEK_SET));
	listener = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(bind(listener, (struct sockaddr *)&address, sizeof(address)));
	must(listen(listener, 3));
	client = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(connect(client, (struct sockaddr *)&address, sizeof(address)));
	must(write(client, "plain", 5));
	send_fds(client, "file", &file, 1);
	send_fds(client, "two", (int[]){ listener, file }, 2);
	test_ready();
	test_wait();
	server = must(accept(listener, NULL, NULL));
	check(must(read(server, data, 5)) == 5 && memcmp(data, "plain", 5) == 0, "bytes before");
	receive_fds(server, "file", got, 1);
	check(must(read(got[0], data, 2)) == 2 && memcmp(data, "cd", 2) == 0, "another file");
	check(lseek(file, 0, SEEK_CUR) == 4, "not the same open file");
	receive_fds(server, "two", got, 2);
	check(must(read(got[1], data, 2)) == 2 && memcmp(data, "ef", 2) == 0, "another file");
	other = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(connect(other, (struct sockaddr *)&address, sizeof(address)));
	must(close(must(accept(got[0], NULL, NULL))));
	pass();
}
