// SPDX-License-Identifier: GPL-2.0-only
/* A queueing discipline on loopback of a network namespace of the tree's own is refused, and named.
 *
 * refuses: queueing discipline 'pfifo' cannot be kept
 * kinds: net
 */
#include "test.h"

#include "rtnetlink.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct tcmsg head = { .tcm_ifindex = 1, .tcm_parent = TC_H_ROOT };
	struct tc_fifo_qopt packets = { .limit = 10 };
	struct rtnetlink_request request;
	int netlink, error;

	test_init(argc, argv);
	must(unshare(CLONE_NEWNET));
	netlink = rtnetlink_open();
	rtnetlink_set_link(netlink, true, 0);
	request = rtnetlink_begin(RTM_NEWQDISC, NLM_F_CREATE, &head, sizeof(head));
	rtnetlink_put(&request, TCA_KIND, "pfifo", 6);
	rtnetlink_put(&request, TCA_OPTIONS, &packets, sizeof(packets));
	error = rtnetlink_try(netlink, &request);
	if (error == -ENOENT || error == -EOPNOTSUPP)
		skip("the kernel has no queueing disciplines: %s", strerror(-error));
	check(!error, "no queueing discipline: %s", strerror(-error));
	rtnetlink_close(netlink);
	test_ready();
	test_wait();
	pass();
}
