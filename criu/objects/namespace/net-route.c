// SPDX-License-Identifier: GPL-2.0-only
/* Routes through loopback or through nothing (blackhole, unreachable, ...), of all tables; of rules only those that each
 * namespace has from the start. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "criu/objects/namespace/net-internal.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define HEADER sizeof(struct rtmsg)

static struct rtmsg head_of(const struct net_message *message)
{
	struct rtmsg head;

	memcpy(&head, message->message.body, sizeof(head));
	return head;
}

static uint32_t table_of(const struct net_message *message)
{
	return netlink_attribute_u32(&message->message, HEADER, RTA_TABLE, head_of(message).rtm_table);
}

static uint8_t family_of(enum net_list list)
{
	return list == NET_ROUTES6 ? AF_INET6 : AF_INET;
}

/* NULL: the kernel takes it again as it gave it. */
static const char *route_problem(const struct net_message *message)
{
	struct rta_cacheinfo cache = {};
	const void *found = netlink_attribute(message->message.body, message->message.size, HEADER,
					      RTA_CACHEINFO, sizeof(cache), NULL);

	if (netlink_attribute_u32(&message->message, HEADER, RTA_OIF, NET_LOOPBACK_INDEX) != NET_LOOPBACK_INDEX)
		return "leads through another device than loopback";
	if (net_has(message, HEADER, RTA_MULTIPATH))
		return "has several ways";
	if (net_has(message, HEADER, RTA_ENCAP))
		return "encapsulates";
	if (net_has(message, HEADER, 30 /* RTA_NH_ID */))
		return "refers to a nexthop object";
	if (found)
		memcpy(&cache, found, sizeof(cache));
	return cache.rta_expires ? "expires" : NULL;
}

/* Outside of the main table the kernel makes its own again, with the addresses they belong to. */
static bool is_kept(const struct net_message *message)
{
	struct rtmsg head = head_of(message);

	return !(head.rtm_flags & RTM_F_CLONED) &&
	       (table_of(message) == RT_TABLE_MAIN || head.rtm_protocol != RTPROT_KERNEL);
}

static int ask(struct arena *arena, int netlink, enum net_list list, struct net_messages *ret)
{
	struct net_message *message, *next;
	int error = net_messages_ask(arena, netlink, list, family_of(list), ret);

	for (message = STAILQ_FIRST(ret); message; message = next) {
		next = STAILQ_NEXT(message, link);
		if (!is_kept(message))
			STAILQ_REMOVE(ret, message, net_message, link);
	}
	return error;
}

/* --- rules --- */

static bool has_only_usual(const struct net_message *message)
{
	for (uint16_t type = FRA_UNSPEC + 1; type < FRA_UNSPEC + 64; type++)
		if (type != FRA_TABLE && type != FRA_PRIORITY && type != FRA_SUPPRESS_PREFIXLEN &&
		    type != FRA_PROTOCOL && net_has(message, sizeof(struct fib_rule_hdr), type))
			return false;
	return netlink_attribute_u32(&message->message, sizeof(struct fib_rule_hdr), FRA_SUPPRESS_PREFIXLEN,
				     UINT32_MAX) == UINT32_MAX;
}

/* Place among those that a namespace begins with, or -1. */
static int usual_rule(const struct net_message *message)
{
	static const struct {
		uint32_t priority, table;
	} usual[] = { { 0, RT_TABLE_LOCAL }, { 32766, RT_TABLE_MAIN }, { 32767, RT_TABLE_DEFAULT } };
	const size_t header = sizeof(struct fib_rule_hdr);
	struct fib_rule_hdr head;

	memcpy(&head, message->message.body, sizeof(head));
	if (head.dst_len || head.src_len || head.tos || head.action != FR_ACT_TO_TBL || !has_only_usual(message) ||
	    head.flags & ~(FIB_RULE_PERMANENT | FIB_RULE_DEV_DETACHED | FIB_RULE_IIF_DETACHED))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (netlink_attribute_u32(&message->message, header, FRA_PRIORITY, 0) == usual[i].priority &&
		    netlink_attribute_u32(&message->message, header, FRA_TABLE, head.table) == usual[i].table)
			return (int)i;
	return -1;
}

/* A kernel without IPv6 has none of it. */
static bool rules_are_usual(const struct net_messages *rules, uint8_t family)
{
	unsigned int seen = 0, all = family == AF_INET6 ? 3 : 7;
	const struct net_message *message;

	STAILQ_FOREACH(message, rules, link) {
		int place = usual_rule(message);

		if (place < 0 || seen & 1U << place)
			return false;
		seen |= 1U << place;
	}
	return seen == all || (!seen && family == AF_INET6);
}

static int survey_rules(struct dump *dump, const struct namespace *namespace, int netlink, uint8_t family)
{
	struct net_messages rules;
	int error = net_messages_ask(&dump->arena, netlink, NET_RULES, family, &rules);

	if (!error && !rules_are_usual(&rules, family))
		dump_refuse(dump, namespace->first,
			    "%s: it has other rules of routing (ip%s rule) than a new one, which cannot be kept by this "
			    "build; " NET_CURE,
			    net_describe(dump, namespace), family == AF_INET6 ? " -6" : "");
	return error;
}

/* --- dump --- */

static int survey_routes(struct dump *dump, const struct namespace *namespace, int netlink, enum net_list list)
{
	const struct net_message *message;
	struct net_messages routes;
	int error = ask(&dump->arena, netlink, list, &routes);

	STAILQ_FOREACH(message, &routes, link) {
		const char *problem = route_problem(message);

		if (problem)
			dump_refuse(dump, namespace->first,
				    "%s: a route of table %u %s, which cannot be kept by this build; remove it, or " NET_CURE,
				    net_describe(dump, namespace), table_of(message), problem);
	}
	return error;
}

int net_route_survey(struct dump *dump, const struct namespace *namespace, int netlink)
{
	int error = survey_routes(dump, namespace, netlink, NET_ROUTES);

	if (!error)
		error = survey_routes(dump, namespace, netlink, NET_ROUTES6);
	if (!error)
		error = survey_rules(dump, namespace, netlink, AF_INET);
	return error < 0 ? error : survey_rules(dump, namespace, netlink, AF_INET6);
}

int net_route_dump(struct dump *dump, const struct namespace *namespace, int netlink)
{
	struct net_messages messages;
	int error = 0;

	for (enum net_list list = NET_ROUTES; !error && list <= NET_ROUTES6; list++) {
		error = ask(&dump->arena, netlink, list, &messages);
		if (!error)
			error = net_messages_write(dump, namespace->id, list, &messages);
	}
	if (!error)
		error = net_messages_ask(&dump->arena, netlink, NET_RULES, AF_INET, &messages);
	return error < 0 ? error : net_messages_write(dump, namespace->id, NET_RULES, &messages);
}

/* --- restore --- */

static int check_routes(struct restore *restore, uint32_t id, enum net_list list, const struct net_messages *routes)
{
	const struct net_message *message;

	STAILQ_FOREACH(message, routes, link) {
		const char *problem = route_problem(message);

		if (head_of(message).rtm_family != family_of(list))
			return log_fail(-EBADMSG, "route-%u.img: a route of another family", id);
		if (problem)
			restore_refuse(restore, NULL,
				       "network namespace %u: a route %s: cannot be restored by this build",
				       id, problem);
	}
	return 0;
}

int net_route_load(struct restore *restore, uint32_t id, struct net_contents *contents)
{
	struct net_messages *rules = &contents->lists[NET_RULES];
	int error = 0;

	for (enum net_list list = NET_ROUTES; !error && list <= NET_RULES; list++)
		error = net_messages_load(restore, id, list, &contents->lists[list]);
	for (enum net_list list = NET_ROUTES; !error && list <= NET_ROUTES6; list++)
		error = check_routes(restore, id, list, &contents->lists[list]);
	if (!error && !STAILQ_EMPTY(rules) && !rules_are_usual(rules, AF_INET))
		restore_refuse(restore, NULL,
			       "network namespace %u: its rules of routing cannot be restored by this build", id);
	return error;
}

static bool same_attribute(const struct net_message *a, const struct net_message *b, uint16_t type)
{
	size_t size_a = 0, size_b = 0;
	const void *in_a = netlink_attribute(a->message.body, a->message.size, HEADER, type, 0, &size_a);
	const void *in_b = netlink_attribute(b->message.body, b->message.size, HEADER, type, 0, &size_b);

	return (!in_a && !in_b) || (in_a && in_b && size_a == size_b && memcmp(in_a, in_b, size_a) == 0);
}

static bool is_in(const struct net_messages *routes, const struct net_message *route)
{
	struct rtmsg its = head_of(route);
	const struct net_message *other;

	STAILQ_FOREACH(other, routes, link) {
		struct rtmsg head = head_of(other);

		if (head.rtm_dst_len == its.rtm_dst_len && head.rtm_tos == its.rtm_tos &&
		    head.rtm_type == its.rtm_type && table_of(other) == table_of(route) &&
		    same_attribute(other, route, RTA_DST) && same_attribute(other, route, RTA_PRIORITY) &&
		    same_attribute(other, route, RTA_OIF))
			return true;
	}
	return false;
}

/* What came with addresses, and had been removed. */
static int remove_others(struct restore *restore, int netlink, enum net_list list, const struct net_messages *routes)
{
	const struct net_message *message;
	struct net_messages present;
	int error = ask(&restore->arena, netlink, list, &present);

	STAILQ_FOREACH(message, &present, link) {
		if (!error && !is_in(routes, message))
			error = netlink_change(netlink, RTM_DELROUTE, 0, message->message.body,
					       message->message.size);
	}
	return error;
}

static int add_route(struct restore *restore, int netlink, const struct net_message *message)
{
	size_t size = message->message.size;
	void *body = arena_copy(&restore->arena, message->message.body, size);
	struct rtmsg head = head_of(message);
	int error;

	/* The rest tells of the state. */
	head.rtm_flags &= RTNH_F_ONLINK | RTNH_F_PERVASIVE;
	memcpy(body, &head, sizeof(head));
	error = netlink_change(netlink, RTM_NEWROUTE,
			       NLM_F_CREATE | (head.rtm_family == AF_INET ? NLM_F_APPEND : 0), body, size);
	return error == -EEXIST ? 0 : error;
}

int net_route_set(struct restore *restore, int netlink, const struct net_messages *routes, enum net_list list)
{
	const struct net_message *message;
	int error = 0;

	STAILQ_FOREACH(message, routes, link) {
		if (!error)
			error = add_route(restore, netlink, message);
	}
	if (!error)
		error = remove_others(restore, netlink, list, routes);
	return error < 0 ? log_errno(error, "routes of family %d cannot be restored", family_of(list)) : 0;
}
