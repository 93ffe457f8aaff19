// SPDX-License-Identifier: GPL-2.0-only
/* Neighbours that were set by hand, or are answered for, and numbers that a network namespace of the tree's own has for
 * others: refused by name.
 *
 * refuses: permanent neighbours; neighbours that it answers for; numbers for other network namespaces
 * kinds: net
 */
#include "test.h"

#include "rtnetlink.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

static void add_neighbour(int netlink, const char *text, uint16_t state, uint8_t flags)
{
	struct ndmsg head = { .ndm_family = AF_INET, .ndm_ifindex = 1, .ndm_state = state, .ndm_flags = flags };
	struct rtnetlink_request request = rtnetlink_begin(RTM_NEWNEIGH, NLM_F_CREATE, &head, sizeof(head));
	const uint8_t link[6] = { 2, 0, 0, 0, 0, 1 };
	struct in_addr address;

	check(inet_pton(AF_INET, text, &address) == 1, "address %s", text);
	rtnetlink_put(&request, NDA_DST, &address, sizeof(address));
	if (state)
		rtnetlink_put(&request, NDA_LLADDR, link, sizeof(link));
	rtnetlink_do(netlink, &request);
}

static void number_namespace(int netlink, int namespace)
{
	struct rtgenmsg head = { .rtgen_family = AF_UNSPEC };
	struct rtnetlink_request request = rtnetlink_begin(RTM_NEWNSID, 0, &head, sizeof(head));
	uint32_t fd = (uint32_t) namespace, id = 4711;

	rtnetlink_put(&request, NETNSA_FD, &fd, sizeof(fd));
	rtnetlink_put(&request, NETNSA_NSID, &id, sizeof(id));
	rtnetlink_do(netlink, &request);
}

int main(int argc, char **argv)
{
	int netlink, first;

	test_init(argc, argv);
	first = must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
	must(unshare(CLONE_NEWNET));
	netlink = rtnetlink_open();
	rtnetlink_set_link(netlink, true, 0);
	add_neighbour(netlink, "10.1.2.3", NUD_PERMANENT, 0);
	add_neighbour(netlink, "10.1.2.4", 0, NTF_PROXY);
	number_namespace(netlink, first);
	rtnetlink_close(netlink);
	close(first);
	test_ready();
	test_wait();
	pass();
}
