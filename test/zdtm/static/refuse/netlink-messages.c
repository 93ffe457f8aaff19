// SPDX-License-Identifier: GPL-2.0-only
/* A netlink socket with an answer that was not read.
 *
 * refuses: netlink messages wait
 * kinds: netlink_socket
 */
#include "test.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct {
		struct nlmsghdr head;
		struct rtgenmsg body;
	} question = { .head = { .nlmsg_len = sizeof(question),
				 .nlmsg_type = RTM_GETLINK,
				 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	int fd;

	test_init(argc, argv);
	fd = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
	must(send(fd, &question, sizeof(question), 0));
	test_ready();
	test_wait();
	pass();
}
