// SPDX-License-Identifier: GPL-2.0-only
/* What a network namespace may have that is not kept: rule sets, queueing, nexthops, IPsec, neighbours, numbers of other
 * namespaces. Refused by name. Connections that the kernel tracks (conntrack) are not looked for: nobody but rules and
 * virtual servers looks at them. */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "criu/image/file.h"
#include "criu/kernel/probe-netlink.h"
#include "criu/objects/namespace/net-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"
#include "criu/util/read-file.h"

#define NAMES_LIMIT 65536
#define IPSET_MODULE "/sys/module/ip_set"
#define RULES_LIMIT (16UL << 20)

struct looking {
	struct dump *dump;
	const struct namespace *namespace;
	const char *what;
};

static void refuse(const struct looking *looking, const char *what, const char *name)
{
	dump_refuse(looking->dump, looking->namespace->first,
		    "%s: %s '%s' cannot be kept by this build; remove it, or " NET_CURE,
		    net_describe(looking->dump, looking->namespace), what, name);
}

/* --- lists of which every message is one too many --- */

static int take_any(void *context, const struct netlink_message *message)
{
	struct looking *looking = context;

	(void)message;
	if (looking->what)
		dump_refuse(looking->dump, looking->namespace->first,
			    "%s: it has %s, which cannot be kept by this build; remove them, or " NET_CURE,
			    net_describe(looking->dump, looking->namespace), looking->what);
	looking->what = NULL; /* said once */
	return 0;
}

static int take_table(void *context, const struct netlink_message *message)
{
	size_t length = 0;
	const char *name = netlink_attribute(message->body, message->size, sizeof(struct nfgenmsg),
					     NFTA_TABLE_NAME, 1, &length);

	refuse(context, "table of nftables", name && memchr(name, '\0', length) ? name : "?");
	return 0;
}

static int take_queue(void *context, const struct netlink_message *message)
{
	size_t length = 0;
	const char *kind = netlink_attribute(message->body, message->size, sizeof(struct tcmsg), TCA_KIND, 1,
					     &length);
	struct tcmsg head;

	if (message->size < sizeof(head))
		return -EBADMSG;
	memcpy(&head, message->body, sizeof(head));
	if (head.tcm_ifindex != NET_LOOPBACK_INDEX || !kind || !memchr(kind, '\0', length))
		return 0;
	if (strcmp(kind, "noqueue") != 0 && strcmp(kind, "noop") != 0)
		refuse(context, "queueing discipline", kind);
	return 0;
}

/* Those that the kernel learns by itself it learns again. */
static int take_neighbour(void *context, const struct netlink_message *message)
{
	struct ndmsg head;

	if (message->size < sizeof(head))
		return -EBADMSG;
	memcpy(&head, message->body, sizeof(head));
	return head.ndm_state & NUD_PERMANENT || head.ndm_flags & NTF_PROXY ? take_any(context, message) : 0;
}

/* Asked for a family that it does not have, the kernel gives all others (rtnl_dump_all in net/core/rtnetlink.c). */
static int take_route(void *context, const struct netlink_message *message)
{
	struct rtmsg head;

	if (message->size < sizeof(head))
		return -EBADMSG;
	memcpy(&head, message->body, sizeof(head));
	return head.rtm_family == AF_INET || head.rtm_family == AF_INET6 ? 0 : take_any(context, message);
}

static int take_set(void *context, const struct netlink_message *message)
{
	size_t length = 0;
	const char *name = netlink_attribute(message->body, message->size, sizeof(struct nfgenmsg),
					     IPSET_ATTR_SETNAME, 1, &length);

	refuse(context, "set of addresses (ipset)", name && memchr(name, '\0', length) ? name : "?");
	return 0;
}

static const struct ndmsg proxies = { .ndm_flags = NTF_PROXY };
static const struct rtmsg of_multicast = { .rtm_family = RTNL_FAMILY_IPMR };
static const struct rtmsg of_multicast6 = { .rtm_family = RTNL_FAMILY_IP6MR };
static const struct rtmsg of_labels = { .rtm_family = AF_MPLS };
static const struct {
	struct nfgenmsg head;
	struct nlattr attribute;
	uint8_t protocol, padding[3];
} ask_for_sets = {
	.attribute = { .nla_type = IPSET_ATTR_PROTOCOL, .nla_len = NLA_HDRLEN + 1 },
	.protocol = IPSET_PROTOCOL_MIN,
};

static const struct {
	int protocol;
	uint16_t ask;
	const void *request; /* NULL: so many zeroes */
	size_t size;
	netlink_take take;
	const char *what;
} rows[] = {
	{ NETLINK_NETFILTER, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, NULL, sizeof(struct nfgenmsg),
	  take_table, "" },
	{ NETLINK_ROUTE, RTM_GETQDISC, NULL, sizeof(struct tcmsg), take_queue, "" },
	{ NETLINK_ROUTE, RTM_GETNEXTHOP, NULL, sizeof(struct nhmsg), take_any, "nexthop objects (ip nexthop)" },
	{ NETLINK_XFRM, XFRM_MSG_GETSA, NULL, 0, take_any, "IPsec associations (ip xfrm state)" },
	{ NETLINK_XFRM, XFRM_MSG_GETPOLICY, NULL, 0, take_any, "IPsec policies (ip xfrm policy)" },
	{ NETLINK_ROUTE, RTM_GETNSID, NULL, sizeof(struct rtgenmsg), take_any,
	  "numbers for other network namespaces (ip netns set)" },
	{ NETLINK_ROUTE, RTM_GETNEIGH, NULL, sizeof(struct ndmsg), take_neighbour,
	  "permanent neighbours (ip neighbour)" },
	{ NETLINK_ROUTE, RTM_GETNEIGH, &proxies, sizeof(proxies), take_neighbour,
	  "neighbours that it answers for (ip neighbour add proxy)" },
	{ NETLINK_ROUTE, RTM_GETROUTE, &of_multicast, sizeof(of_multicast), take_route,
	  "multicast routes (ip mroute)" },
	{ NETLINK_ROUTE, RTM_GETROUTE, &of_multicast6, sizeof(of_multicast6), take_route,
	  "multicast routes (ip -6 mroute)" },
	{ NETLINK_ROUTE, RTM_GETROUTE, &of_labels, sizeof(of_labels), take_route,
	  "routes of MPLS (ip -f mpls route)" },
};

static int ask(struct looking *looking, int protocol, uint16_t question, const void *request, size_t size,
	       netlink_take take)
{
	_cleanup_close_ int netlink = netlink_open(protocol);
	char zeroes[64] = {};
	int error;

	if (netlink < 0)
		return netlink == -EPROTONOSUPPORT
			       ? 0
			       : log_errno(netlink, "netlink: protocol %d cannot be asked", protocol);
	error = netlink_list(netlink, question, request ?: zeroes, size, take, looking);
	/* A kernel that has no such thing. */
	if (error == -EOPNOTSUPP || error == -EINVAL || error == -ENOENT)
		return 0;
	return error < 0 ? log_errno(error, "netlink: list %u of protocol %d cannot be read", question, protocol)
			 : 0;
}

static int survey_row(struct looking *looking, size_t row)
{
	looking->what = rows[row].what;
	return ask(looking, rows[row].protocol, rows[row].ask, rows[row].request, rows[row].size, rows[row].take);
}

/* The question alone would have the kernel load the module. */
static int survey_sets(struct looking *looking)
{
	if (access(IPSET_MODULE, F_OK) < 0)
		return 0;
	return ask(looking, NETLINK_NETFILTER, NFNL_SUBSYS_IPSET << 8 | IPSET_CMD_LIST, &ask_for_sets,
		   offsetof(typeof(ask_for_sets), padding), take_set);
}

/* "TCP  0A090807:0050 rr ", behind three lines of heads. */
static int survey_virtual_servers(const struct looking *looking)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	size_t size;
	int error = read_file_at(-1, "/proc/self/net/ip_vs", RULES_LIMIT, &text, &size);

	if (error < 0)
		return error == -ENOENT ? 0 : log_errno(error, "'%s' cannot be read", "/proc/self/net/ip_vs");
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (!strncmp(line, "TCP ", 4) || !strncmp(line, "UDP ", 4) || !strncmp(line, "SCTP", 4) ||
		    !strncmp(line, "FWM ", 4))
			refuse(looking, "virtual server (IPVS)", line);
	return 0;
}

/* --- the older tables, of which /proc has the names --- */

static int survey_names(const struct looking *looking, const char *path, const char *what)
{
	_cleanup_free_ char *names = NULL;
	char *rest, *name;
	size_t size;
	int error = read_file_at(-1, path, NAMES_LIMIT, &names, &size);

	if (error == -ENOENT)
		return 0;
	if (error < 0)
		return log_errno(error, "'%s' cannot be read", path);
	for (name = strtok_r(names, "\n", &rest); name; name = strtok_r(NULL, "\n", &rest))
		refuse(looking, what, name);
	return 0;
}

int net_other_survey(struct dump *dump, const struct namespace *namespace)
{
	struct looking looking = { .dump = dump, .namespace = namespace };
	int error = 0;

	for (size_t i = 0; !error && i < ARRAY_SIZE(rows); i++)
		error = survey_row(&looking, i);
	if (!error)
		error = survey_sets(&looking);
	if (!error)
		error = survey_virtual_servers(&looking);
	if (!error)
		error = survey_names(&looking, "/proc/self/net/ip_tables_names", "table of iptables");
	if (!error)
		error = survey_names(&looking, "/proc/self/net/ip6_tables_names", "table of ip6tables");
	return error < 0 ? error : survey_names(&looking, "/proc/self/net/arp_tables_names", "table of arptables");
}

/* --- images of others --- */

/* A rule, or a chain that does not accept. The lock of the dump (FORMAT: chain or table CRIU) goes with it. */
static bool is_rule(const char *line)
{
	if (strstr(line, "CRIU"))
		return false;
	return !strncmp(line, "-A ", 3) || !strncmp(line, "table ", 6) ||
	       (line[0] == ':' && strstr(line, " DROP "));
}

static int load_rules(struct restore *restore, uint32_t id, enum image_kind kind)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	size_t size;
	int error = image_open(restore->images, kind, id, &image);

	if (error == -ENOENT)
		return 0;
	if (!error)
		error = read_file_fd(image_fd(image), RULES_LIMIT, &text, &size);
	if (error < 0)
		return log_errno(error, "rules of network namespace %u cannot be read", id);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!is_rule(line))
			continue;
		restore_refuse(restore, NULL, "%s: rules of packet filters cannot be restored by this build",
			       image_name(image));
		break;
	}
	return 0;
}

int net_other_load(struct restore *restore, uint32_t id)
{
	static const enum image_kind kinds[] = { IMAGE_IPTABLES, IMAGE_IP6TABLES, IMAGE_NFTABLES };
	int error = 0;

	for (size_t i = 0; !error && i < ARRAY_SIZE(kinds); i++)
		error = load_rules(restore, id, kinds[i]);
	return error;
}
