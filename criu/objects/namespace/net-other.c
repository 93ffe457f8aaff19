// SPDX-License-Identifier: GPL-2.0-only
/* What a network namespace may have that is not kept: rule sets, queueing, nexthops, IPsec. Refused by name. */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "criu/image/file.h"
#include "criu/kernel/probe-netlink.h"
#include "criu/objects/namespace/net-internal.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"
#include "criu/util/read-file.h"

#define NAMES_LIMIT 65536
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

static const struct {
	int protocol;
	uint16_t ask;
	size_t header;
	netlink_take take;
	const char *what;
} rows[] = {
	{ NETLINK_NETFILTER, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE, sizeof(struct nfgenmsg), take_table, "" },
	{ NETLINK_ROUTE, RTM_GETQDISC, sizeof(struct tcmsg), take_queue, "" },
	{ NETLINK_ROUTE, RTM_GETNEXTHOP, sizeof(struct nhmsg), take_any, "nexthop objects (ip nexthop)" },
	{ NETLINK_XFRM, XFRM_MSG_GETSA, 0, take_any, "IPsec associations (ip xfrm state)" },
	{ NETLINK_XFRM, XFRM_MSG_GETPOLICY, 0, take_any, "IPsec policies (ip xfrm policy)" },
};

static int survey_list(struct looking *looking, size_t row)
{
	_cleanup_close_ int netlink = netlink_open(rows[row].protocol);
	char request[64] = {};
	int error;

	if (netlink < 0)
		return netlink == -EPROTONOSUPPORT
			       ? 0
			       : log_errno(netlink, "netlink: protocol %d cannot be asked", rows[row].protocol);
	looking->what = rows[row].what;
	error = netlink_list(netlink, rows[row].ask, request, rows[row].header, rows[row].take, looking);
	/* A kernel that has no such thing. */
	if (error == -EOPNOTSUPP || error == -EINVAL || error == -ENOENT)
		return 0;
	return error < 0 ? log_errno(error, "netlink: list %u of protocol %d cannot be read", rows[row].ask,
				     rows[row].protocol)
			 : 0;
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
		error = survey_list(&looking, i);
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
