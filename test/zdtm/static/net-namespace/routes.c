// SPDX-License-Identifier: GPL-2.0-only
/* A network namespace whose loopback has lost the addresses that each gets by itself, and has routes of several tables.
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
	rtnetlink_set_link(netlink, true, 0);
	rtnetlink_remove_address(netlink, "127.0.0.1", 8);
	rtnetlink_remove_address(netlink, "::1", 128);
	rtnetlink_add_address(netlink, "2001:db8::1", 64, 0, IFA_F_NODAD, 0);
	rtnetlink_remove_route(netlink, "2001:db8::", 64, RTN_UNICAST, RT_TABLE_MAIN);
	rtnetlink_add_route(netlink, "10.0.0.0", 8, RTN_LOCAL, RT_TABLE_LOCAL);
	rtnetlink_add_route(netlink, "11.0.0.0", 8, RTN_BLACKHOLE, RT_TABLE_MAIN);
	rtnetlink_add_route(netlink, "12.0.0.0", 8, RTN_UNICAST, RT_TABLE_MAIN);
	rtnetlink_add_route(netlink, "13.0.0.0", 8, RTN_UNREACHABLE, 77);
	rtnetlink_add_route(netlink, "2001:db8:1::", 48, RTN_LOCAL, RT_TABLE_LOCAL);
	rtnetlink_add_route(netlink, "2001:db8:2::", 48, RTN_PROHIBIT, RT_TABLE_MAIN);
	/* The kernel makes that one when it gets to it. */
	do {
		rtnetlink_describe(netlink, before);
	} while (!strstr(before, "route 2001:db8::1/128"));
	rtnetlink_close(netlink);
	test_ready();
	test_wait();
	netlink = rtnetlink_open();
	rtnetlink_describe(netlink, after);
	check(strstr(before, "13.0.0.0/8 type 7 table 77") && !strstr(before, "127.0.0.1"),
	      "first it was\n%s", before);
	check(!strcmp(before, after), "it was\n%s\nand is\n%s", before, after);
	pass();
}
