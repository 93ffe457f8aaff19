// SPDX-License-Identifier: GPL-2.0-only
/* Settings of a network namespace of the tree's own: of all devices, of new ones, of loopback, and others below
 * /proc/sys/net. Loopback is down and has an address.
 *
 * kinds: net
 */
#include "test.h"

#include "rtnetlink.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name, *text;
} settings[] = {
	{ "ipv4/conf/all/rp_filter", "2" },
	{ "ipv4/conf/default/forwarding", "1" },
	{ "ipv4/conf/lo/accept_local", "1" },
	{ "ipv4/conf/lo/arp_evict_nocarrier", "0" },
	{ "ipv4/ip_local_port_range", "20000\t30001" },
	{ "ipv4/ip_unprivileged_port_start", "80" },
	{ "ipv4/ping_group_range", "5\t77" },
	{ "ipv4/tcp_keepalive_time", "77" },
	{ "ipv6/conf/all/forwarding", "1" },
	{ "ipv6/conf/default/hop_limit", "33" },
	{ "ipv6/conf/lo/stable_secret", "2001:0db8:0000:0000:0000:0000:0000:0042" },
	{ "core/somaxconn", "77" },
	{ "unix/max_dgram_qlen", "33" },
};

static int open_setting(const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	return open(path, flags);
}

static void write_setting(const char *name, const char *text)
{
	int fd = open_setting(name, O_WRONLY);

	if (fd < 0 && strstr(name, "evict")) /* of 5.16 */
		return;
	must(fd);
	must(write(fd, text, strlen(text)));
	close(fd);
}

static void check_setting(const char *name, const char *text)
{
	int fd = open_setting(name, O_RDONLY);
	char now[128] = "";

	if (fd < 0 && strstr(name, "evict"))
		return;
	must(read(fd, now, sizeof(now) - 1));
	now[strcspn(now, "\n")] = '\0';
	check(!strcmp(now, text), "%s is '%s', not '%s'", name, now, text);
	close(fd);
}

int main(int argc, char **argv)
{
	static char before[RTNETLINK_TEXT], after[RTNETLINK_TEXT];
	int netlink;

	test_init(argc, argv);
	must(unshare(CLONE_NEWNET));
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		write_setting(settings[i].name, settings[i].text);
	netlink = rtnetlink_open();
	rtnetlink_add_address(netlink, "10.9.8.7", 24, RT_SCOPE_UNIVERSE, 0, 0);
	rtnetlink_describe(netlink, before);
	rtnetlink_close(netlink);
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		check_setting(settings[i].name, settings[i].text);
	netlink = rtnetlink_open();
	rtnetlink_describe(netlink, after);
	check(strstr(before, "10.9.8.7/24") && !strcmp(before, after), "it was\n%s\nand is\n%s", before, after);
	pass();
}
