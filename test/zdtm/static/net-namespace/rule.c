// SPDX-License-Identifier: GPL-2.0-only
/* A network namespace of the tree's own with a rule of routing that not each one has is refused.
 *
 * refuses: other rules of routing (ip -6 rule)
 * kinds: net
 */
#include "test.h"

#include "rtnetlink.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	struct fib_rule_hdr head = { .family = AF_INET6, .table = 77, .action = FR_ACT_TO_TBL };
	struct rtnetlink_request request;
	int netlink;

	test_init(argc, argv);
	must(unshare(CLONE_NEWNET));
	netlink = rtnetlink_open();
	request = rtnetlink_begin(RTM_NEWRULE, NLM_F_CREATE, &head, sizeof(head));
	rtnetlink_do(netlink, &request);
	rtnetlink_close(netlink);
	test_ready();
	test_wait();
	pass();
}
