// SPDX-License-Identifier: GPL-2.0-only
/* An empty message with a descriptor that waits behind another, and that the program has looked at: it hides from all that
 * look from then on, but not from who reads.
 *
 * refuses: an empty message with descriptors
 * kinds: unix
 * skip-if: no-kernel-types
 */
#include "test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct msghdr with_control(void *control, size_t size)
{
	return (struct msghdr){ .msg_control = control, .msg_controllen = size };
}

int main(int argc, char **argv)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
	struct msghdr head = with_control(&control, sizeof(control));
	int pair[2], offset = 0;
	char byte;

	test_init(argc, argv);
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	must(send(pair[0], "x", 1, 0));
	memcpy(CMSG_DATA(&control.head), pair, sizeof(int));
	must(sendmsg(pair[0], &head, 0));
	must(setsockopt(pair[1], SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)));
	for (int i = 0; i < 2; i++)
		must(recv(pair[1], &byte, 1, MSG_PEEK));
	test_ready();
	test_wait();
	must(recv(pair[1], &byte, 1, 0));
	head = with_control(&control, sizeof(control));
	must(recvmsg(pair[1], &head, MSG_DONTWAIT));
	check(head.msg_controllen != 0, "the descriptor is lost");
	pass();
}
