// SPDX-License-Identifier: GPL-2.0-only
/* Sockets that cannot be kept: a connection that waits with data already, a byte out of band which could be either of two
 * behind descriptors, a family that nobody knows.
 *
 * refuses: waits to be accepted has data already; AF_VSOCK (40), type 1; out of band
 * kinds: unix
 */
#include "test.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void send_with_fd(int to, char byte)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { &byte, 1 };
	struct msghdr head = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};

	memcpy(CMSG_DATA(&control.head), &to, sizeof(to));
	must(sendmsg(to, &head, 0));
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "listener" };
	int listener, client, server, pair[2];
	char byte;

	test_init(argc, argv);
	listener = must(socket(AF_UNIX, SOCK_STREAM, 0));
	client = must(socket(AF_UNIX, SOCK_STREAM, 0));
	must(bind(listener, (struct sockaddr *)&address, sizeof(address)));
	must(listen(listener, 3));
	must(connect(client, (struct sockaddr *)&address, sizeof(address)));
	must(write(client, "early", 5));
	must(socket(AF_VSOCK, SOCK_STREAM, 0));
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	send_with_fd(pair[0], 'a');
	must(send(pair[0], "!", 1, 0));
	send_with_fd(pair[0], 'b');
	if (send(pair[0], "!", 1, MSG_OOB) < 0)
		skip("this kernel has no bytes out of band here");

	test_ready();
	test_wait();

	server = must(accept(listener, NULL, NULL));
	check(read(server, &byte, 1) == 1 && byte == 'e', "what was sent early is lost");
	check(recv(pair[1], &byte, 1, MSG_OOB) == 1 && byte == '!', "the byte out of band is lost");
	pass();
}
