// SPDX-License-Identifier: GPL-2.0-only
/* A network namespace of the tree's own comes back: loopback up, with its size, addresses of both families, their order,
 * scope, flags and lifetimes.
 *
 * kinds: net
 */
#include "test.h"

#include "rtnetlink.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>

int main(int argc, char **argv)
{
	static char before[RTNETLINK_TEXT], after[RTNETLINK_TEXT];
	int netlink;

	test_init(argc, argv);
	must(unshare(CLONE_NEWNET));
	netlink = rtnetlink_open();
	rtnetlink_set_link(netlink, true, 12345);
	rtnetlink_add_address(netlink, "10.9.8.7", 24, RT_SCOPE_UNIVERSE, 0, 0);
	rtnetlink_add_address(netlink, "10.9.9.9", 24, RT_SCOPE_HOST, IFA_F_NOPREFIXROUTE, 0);
	rtnetlink_add_address(netlink, "10.9.8.6", 24, RT_SCOPE_UNIVERSE, 0, 100000);
	rtnetlink_add_address(netlink, "2001:db8::1", 64, 0, IFA_F_NODAD, 0);
	rtnetlink_add_address(netlink, "2001:db8::2", 128, 0, IFA_F_NODAD | IFA_F_NOPREFIXROUTE, 200000);
	/* The kernel makes these when it gets to it. */
	do {
		rtnetlink_describe(netlink, before);
	} while (!strstr(before, "route 2001:db8::1/128") || !strstr(before, "route 2001:db8::2/128") ||
		 !strstr(before, "route ::1/128"));
	rtnetlink_close(netlink);
	test_ready();
	test_wait();
	netlink = rtnetlink_open();
	rtnetlink_describe(netlink, after);
	check(strstr(before, "mtu 12345") && strstr(before, "2001:db8::2/128"), "first it was\n%s", before);
	check(!strcmp(before, after), "it was\n%s\nand is\n%s", before, after);
	pass();
}
