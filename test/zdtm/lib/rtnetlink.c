// SPDX-License-Identifier: GPL-2.0-only
/* rtnetlink(7) for tests. */
#include "rtnetlink.h"

#include "test.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int rtnetlink_open(void)
{
	return must(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
}

void rtnetlink_close(int netlink)
{
	close(netlink);
}

/* --- changes --- */

struct rtnetlink_request rtnetlink_begin(uint16_t type, uint16_t flags, const void *head, size_t size)
{
	struct rtnetlink_request request = {
		.head = {
			.nlmsg_len = (uint32_t)NLMSG_LENGTH(NLMSG_ALIGN(size)),
			.nlmsg_type = type,
			.nlmsg_flags = flags | NLM_F_REQUEST | NLM_F_ACK,
		},
	};

	memcpy(request.body, head, size);
	return request;
}

void rtnetlink_put(struct rtnetlink_request *request, uint16_t type, const void *value, size_t size)
{
	struct nlattr attribute = { .nla_len = (uint16_t)(sizeof(attribute) + size), .nla_type = type };
	char *at = request->body + request->head.nlmsg_len - sizeof(request->head);

	check(request->head.nlmsg_len + sizeof(attribute) + NLA_ALIGN(size) <= sizeof(*request), "a long request");
	memcpy(at, &attribute, sizeof(attribute));
	memcpy(at + sizeof(attribute), value, size);
	request->head.nlmsg_len += (uint32_t)(sizeof(attribute) + NLA_ALIGN(size));
}

int rtnetlink_try(int netlink, const struct rtnetlink_request *request)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[1024];
	} answer;

	must(send(netlink, request, request->head.nlmsg_len, 0));
	must(recv(netlink, &answer, sizeof(answer), 0));
	check(answer.head.nlmsg_type == NLMSG_ERROR, "rtnetlink answers something else");
	return answer.error.error;
}

void rtnetlink_do(int netlink, const struct rtnetlink_request *request)
{
	int error = rtnetlink_try(netlink, request);

	check(!error, "request %u of rtnetlink: %s", request->head.nlmsg_type, strerror(-error));
}

void rtnetlink_set_link(int netlink, bool up, uint32_t mtu)
{
	struct ifinfomsg head = { .ifi_index = 1, .ifi_flags = up ? IFF_UP : 0, .ifi_change = IFF_UP };
	struct rtnetlink_request request = rtnetlink_begin(RTM_NEWLINK, 0, &head, sizeof(head));

	if (mtu)
		rtnetlink_put(&request, IFLA_MTU, &mtu, sizeof(mtu));
	rtnetlink_do(netlink, &request);
}

static int parse(const char *text, uint8_t address[16])
{
	int family = strchr(text, ':') ? AF_INET6 : AF_INET;

	check(inet_pton(family, text, address) == 1, "'%s' is no address", text);
	return family;
}

static struct rtnetlink_request begin_address(uint16_t type, uint16_t flags, const char *text, uint8_t prefix,
					      uint8_t scope)
{
	uint8_t address[16];
	int family = parse(text, address);
	struct ifaddrmsg head = {
		.ifa_family = (uint8_t)family,
		.ifa_prefixlen = prefix,
		.ifa_scope = scope,
		.ifa_index = 1,
	};
	struct rtnetlink_request request = rtnetlink_begin(type, flags, &head, sizeof(head));

	rtnetlink_put(&request, IFA_LOCAL, address, family == AF_INET ? 4 : 16);
	return request;
}

void rtnetlink_add_address(int netlink, const char *text, uint8_t prefix, uint8_t scope, uint32_t flags,
			   uint32_t seconds)
{
	struct rtnetlink_request request = begin_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, text, prefix,
							 scope);
	struct ifa_cacheinfo life = { .ifa_prefered = seconds / 2, .ifa_valid = seconds };

	rtnetlink_put(&request, IFA_FLAGS, &flags, sizeof(flags));
	if (seconds)
		rtnetlink_put(&request, IFA_CACHEINFO, &life, sizeof(life));
	rtnetlink_do(netlink, &request);
}

void rtnetlink_remove_address(int netlink, const char *text, uint8_t prefix)
{
	struct rtnetlink_request request = begin_address(RTM_DELADDR, 0, text, prefix, 0);

	rtnetlink_do(netlink, &request);
}

static void change_route(int netlink, uint16_t what, const char *text, uint8_t prefix, uint8_t type, uint8_t table)
{
	uint8_t address[16];
	int family = parse(text, address), loopback = 1;
	struct rtmsg head = {
		.rtm_family = (uint8_t)family,
		.rtm_dst_len = prefix,
		.rtm_table = table,
		.rtm_type = type,
		.rtm_protocol = what == RTM_NEWROUTE ? RTPROT_STATIC : RTPROT_UNSPEC,
		.rtm_scope = type == RTN_LOCAL	   ? RT_SCOPE_HOST
			     : type == RTN_UNICAST ? RT_SCOPE_LINK
						   : RT_SCOPE_UNIVERSE,
	};
	struct rtnetlink_request request = rtnetlink_begin(what, what == RTM_NEWROUTE ? NLM_F_CREATE : 0,
							   &head, sizeof(head));

	rtnetlink_put(&request, RTA_DST, address, family == AF_INET ? 4 : 16);
	if (type == RTN_LOCAL || type == RTN_UNICAST)
		rtnetlink_put(&request, RTA_OIF, &loopback, sizeof(loopback));
	rtnetlink_do(netlink, &request);
}

void rtnetlink_add_route(int netlink, const char *text, uint8_t prefix, uint8_t type, uint8_t table)
{
	change_route(netlink, RTM_NEWROUTE, text, prefix, type, table);
}

void rtnetlink_remove_route(int netlink, const char *text, uint8_t prefix, uint8_t type, uint8_t table)
{
	change_route(netlink, RTM_DELROUTE, text, prefix, type, table);
}

/* --- in words --- */

struct writer {
	char *text;
	size_t length;
	const uint8_t *body;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static void say(struct writer *writer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	writer->length += (size_t)vsnprintf(writer->text + writer->length, RTNETLINK_TEXT - writer->length,
					    format, arguments);
	va_end(arguments);
	check(writer->length < RTNETLINK_TEXT, "a long description");
}

static const void *find(const struct writer *writer, size_t header, uint16_t type)
{
	struct nlattr attribute;

	for (size_t at = NLMSG_ALIGN(header); at + sizeof(attribute) <= writer->size;
	     at += NLA_ALIGN(attribute.nla_len)) {
		memcpy(&attribute, writer->body + at, sizeof(attribute));
		if ((attribute.nla_type & NLA_TYPE_MASK) == type)
			return writer->body + at + sizeof(attribute);
	}
	return NULL;
}

static uint32_t number(const struct writer *writer, size_t header, uint16_t type, uint32_t absent)
{
	const void *found = find(writer, header, type);

	if (found)
		memcpy(&absent, found, sizeof(absent));
	return absent;
}

static void say_address(struct writer *writer, int family, const void *address)
{
	char text[64] = "-";

	if (address)
		inet_ntop(family, address, text, sizeof(text));
	say(writer, "%s", text);
}

static void say_link(struct writer *writer)
{
	struct ifinfomsg head;
	const char *name = find(writer, sizeof(head), IFLA_IFNAME);

	memcpy(&head, writer->body, sizeof(head));
	if (head.ifi_index == 1)
		say(writer, "link %d %s flags %#x mtu %u\n", head.ifi_index, name, head.ifi_flags,
		    number(writer, sizeof(head), IFLA_MTU, 0));
}

/* Of a time that passes, only that it does. */
static const char *span(uint32_t seconds)
{
	return seconds == UINT32_MAX ? "forever" : seconds > 1000 ? "long" : "short";
}

static void say_inet_address(struct writer *writer)
{
	struct ifa_cacheinfo life = { 0 };
	struct ifaddrmsg head;
	const void *found = find(writer, sizeof(head), IFA_CACHEINFO);
	const char *label = find(writer, sizeof(head), IFA_LABEL);

	memcpy(&head, writer->body, sizeof(head));
	if (found)
		memcpy(&life, found, sizeof(life));
	say(writer, "address ");
	say_address(writer, head.ifa_family,
		    find(writer, sizeof(head), head.ifa_family == AF_INET ? IFA_LOCAL : IFA_ADDRESS));
	say(writer, "/%u scope %u flags %#x label %s valid %s preferred %s\n", head.ifa_prefixlen,
	    head.ifa_scope, number(writer, sizeof(head), IFA_FLAGS, head.ifa_flags), label ? label : "-",
	    span(life.ifa_valid), span(life.ifa_prefered));
}

static void say_route(struct writer *writer)
{
	struct rtmsg head;

	memcpy(&head, writer->body, sizeof(head));
	say(writer, "route ");
	say_address(writer, head.rtm_family, find(writer, sizeof(head), RTA_DST));
	say(writer, "/%u type %u table %u protocol %u scope %u device %u priority %u\n", head.rtm_dst_len,
	    head.rtm_type, number(writer, sizeof(head), RTA_TABLE, head.rtm_table), head.rtm_protocol,
	    head.rtm_scope, number(writer, sizeof(head), RTA_OIF, 0),
	    number(writer, sizeof(head), RTA_PRIORITY, 0));
}

static void say_rule(struct writer *writer)
{
	struct fib_rule_hdr head;

	memcpy(&head, writer->body, sizeof(head));
	say(writer, "rule of family %u, priority %u, table %u, action %u\n", head.family,
	    number(writer, sizeof(head), FRA_PRIORITY, 0),
	    number(writer, sizeof(head), FRA_TABLE, head.table), head.action);
}

/* False: that was the last. */
static bool say_answer(struct writer *writer, const char *answer, size_t got, void (*say_one)(struct writer *writer))
{
	struct nlmsghdr head;

	for (size_t at = 0; at + sizeof(head) <= got; at += NLMSG_ALIGN(head.nlmsg_len)) {
		memcpy(&head, answer + at, sizeof(head));
		if (head.nlmsg_type == NLMSG_DONE)
			return false;
		check(head.nlmsg_type != NLMSG_ERROR, "a list of rtnetlink fails");
		writer->body = (const uint8_t *)answer + at + sizeof(head);
		writer->size = head.nlmsg_len - sizeof(head);
		say_one(writer);
	}
	return true;
}

static void say_all(int netlink, struct writer *writer, uint16_t type, int family,
		    void (*say_one)(struct writer *writer))
{
	static char answer[32768];
	struct rtmsg head = { .rtm_family = (uint8_t)family };
	struct rtnetlink_request request = rtnetlink_begin(type, NLM_F_DUMP, &head, sizeof(head));

	request.head.nlmsg_flags &= (uint16_t)~NLM_F_ACK;
	must(send(netlink, &request, request.head.nlmsg_len, 0));
	while (say_answer(writer, answer, (size_t)must(recv(netlink, answer, sizeof(answer), 0)), say_one))
		;
}

void rtnetlink_describe(int netlink, char text[RTNETLINK_TEXT])
{
	struct writer writer = { .text = text };

	text[0] = '\0';
	say_all(netlink, &writer, RTM_GETLINK, AF_UNSPEC, say_link);
	say_all(netlink, &writer, RTM_GETADDR, AF_UNSPEC, say_inet_address);
	say_all(netlink, &writer, RTM_GETROUTE, AF_INET, say_route);
	say_all(netlink, &writer, RTM_GETROUTE, AF_INET6, say_route);
	say_all(netlink, &writer, RTM_GETRULE, AF_UNSPEC, say_rule);
}
