// SPDX-License-Identifier: GPL-2.0-only
/* A network namespace of the tree's own with another device than loopback is refused, and the device named.
 *
 * refuses: network device 'zveth' (veth) cannot be kept; --external net[
 * kinds: net
 */
#include "test.h"

#include "rtnetlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct ifinfomsg head = { 0 };
	struct rtnetlink_request request;
	struct {
		struct nlattr kind;
		char name[8];
	} info = { { .nla_len = 4 + 5, .nla_type = IFLA_INFO_KIND }, "veth" };
	int netlink, error;

	test_init(argc, argv);
	must(unshare(CLONE_NEWNET));
	netlink = rtnetlink_open();
	request = rtnetlink_begin(RTM_NEWLINK, NLM_F_CREATE, &head, sizeof(head));
	rtnetlink_put(&request, IFLA_IFNAME, "zveth", 6);
	rtnetlink_put(&request, IFLA_LINKINFO, &info, sizeof(info));
	error = rtnetlink_try(netlink, &request);
	if (error == -EOPNOTSUPP)
		skip("the kernel has no devices of type veth");
	check(!error, "no device: %s", strerror(-error));
	rtnetlink_close(netlink);
	test_ready();
	test_wait();
	check(if_nametoindex("zveth"), "the device is gone");
	pass();
}
