// SPDX-License-Identifier: GPL-2.0-only
/* A network namespace of the tree's own with a table of nftables is refused, and the table named.
 *
 * refuses: table of nftables 'ztable' cannot be kept
 * kinds: net
 */
#include "test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct message {
	struct nlmsghdr head;
	struct nfgenmsg family;
};

static struct message message(uint16_t type, uint16_t flags, uint16_t resource, size_t more)
{
	return (struct message){
		.head = {
			.nlmsg_len = (uint32_t)(sizeof(struct message) + more),
			.nlmsg_type = type,
			.nlmsg_flags = flags | NLM_F_REQUEST,
		},
		.family = { .nfgen_family = resource ? AF_UNSPEC : AF_INET, .res_id = htons(resource) },
	};
}

int main(int argc, char **argv)
{
	struct {
		struct message begin, table;
		struct nlattr attribute;
		char name[8];
		struct message end;
	} batch = {
		.begin = message(NFNL_MSG_BATCH_BEGIN, 0, NFNL_SUBSYS_NFTABLES, 0),
		.table = message(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_ACK, 0,
				 sizeof(struct nlattr) + 8),
		.attribute = { .nla_len = 4 + 7, .nla_type = NFTA_TABLE_NAME },
		.name = "ztable",
		.end = message(NFNL_MSG_BATCH_END, 0, NFNL_SUBSYS_NFTABLES, 0),
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[256];
	} answer;
	int netlink;

	test_init(argc, argv);
	must(unshare(CLONE_NEWNET));
	netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	if (netlink < 0)
		skip("NETLINK_NETFILTER: %s", strerror(errno));
	must(send(netlink, &batch, sizeof(batch), 0));
	must(recv(netlink, &answer, sizeof(answer), 0));
	if (answer.error.error)
		skip("no table of nftables: %s", strerror(-answer.error.error));
	close(netlink);
	test_ready();
	test_wait();
	pass();
}
