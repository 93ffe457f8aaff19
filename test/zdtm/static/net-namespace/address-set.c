// SPDX-License-Identifier: GPL-2.0-only
/* A set of addresses (ipset) in a network namespace of the tree's own is refused, and named.
 *
 * refuses: set of addresses (ipset) 'zset' cannot be kept
 * kinds: net
 */
#include "test.h"

#include <errno.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct message {
	struct nlmsghdr head;
	struct nfgenmsg family;
	char attributes[128];
};

static void put(struct message *message, uint16_t type, const void *value, size_t size)
{
	struct nlattr *attribute = (struct nlattr *)((char *)message + message->head.nlmsg_len);

	attribute->nla_type = type;
	attribute->nla_len = (uint16_t)(NLA_HDRLEN + size);
	memcpy((char *)attribute + NLA_HDRLEN, value, size);
	message->head.nlmsg_len += NLMSG_ALIGN(attribute->nla_len);
}

static int create(int netlink)
{
	const uint8_t protocol = IPSET_PROTOCOL_MIN, family = AF_INET, revision = 0;
	struct message message = {
		.head = { .nlmsg_len = offsetof(struct message, attributes),
			  .nlmsg_type = NFNL_SUBSYS_IPSET << 8 | IPSET_CMD_CREATE,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE },
	};
	struct nlattr none = { .nla_type = IPSET_ATTR_DATA | NLA_F_NESTED, .nla_len = NLA_HDRLEN };
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[512];
	} answer;

	put(&message, IPSET_ATTR_PROTOCOL, &protocol, 1);
	put(&message, IPSET_ATTR_SETNAME, "zset", 5);
	put(&message, IPSET_ATTR_TYPENAME, "hash:ip", 8);
	put(&message, IPSET_ATTR_REVISION, &revision, 1);
	put(&message, IPSET_ATTR_FAMILY, &family, 1);
	memcpy((char *)&message + message.head.nlmsg_len, &none, sizeof(none));
	message.head.nlmsg_len += sizeof(none);
	must(send(netlink, &message, message.head.nlmsg_len, 0));
	must(recv(netlink, &answer, sizeof(answer), 0));
	return answer.error.error;
}

int main(int argc, char **argv)
{
	int netlink, error;

	test_init(argc, argv);
	must(unshare(CLONE_NEWNET));
	netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
	if (netlink < 0)
		skip("NETLINK_NETFILTER: %s", strerror(errno));
	error = create(netlink);
	if (error)
		skip("no sets of addresses: %s", strerror(-error));
	close(netlink);
	test_ready();
	test_wait();
	pass();
}
