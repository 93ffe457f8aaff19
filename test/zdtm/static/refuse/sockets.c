// SPDX-License-Identifier: GPL-2.0-only
/* Sockets that cannot be kept: a byte out of band which could be either of two behind descriptors, a family whose state
 * nobody tells.
 *
 * refuses: sockets of family AF_XDP (44), type 3, protocol 0 (no call tells the memory; out of band
 * kinds: unix
 */
#include "test.h"

#include <string.h>
#include <sys/socket.h>
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
	int pair[2];
	char byte;

	test_init(argc, argv);
	if (socket(44 /* AF_XDP */, SOCK_RAW, 0) < 0)
		skip("this kernel has no AF_XDP");
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	send_with_fd(pair[0], 'a');
	must(send(pair[0], "!", 1, 0));
	send_with_fd(pair[0], 'b');
	if (send(pair[0], "!", 1, MSG_OOB) < 0)
		skip("this kernel has no bytes out of band here");

	test_ready();
	test_wait();

	check(recv(pair[1], &byte, 1, MSG_OOB) == 1 && byte == '!', "the byte out of band is lost");
	pass();
}
