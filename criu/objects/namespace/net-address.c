// SPDX-License-Identifier: GPL-2.0-only
/* Addresses of loopback, as the kernel lists them and takes them. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "criu/objects/namespace/net-internal.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define HEADER sizeof(struct ifaddrmsg)
#define ADDRESS6_SIZE 16
#define ROUTE_WAITS 1000

static struct ifaddrmsg head_of(const struct net_message *message)
{
	struct ifaddrmsg head;

	memcpy(&head, message->message.body, sizeof(head));
	return head;
}

/* --- dump --- */

/* Those of other devices are refused with their device. */
static int ask(struct arena *arena, int netlink, uint8_t family, struct net_messages *ret)
{
	struct net_message *message, *next;
	int error = net_messages_ask(arena, netlink, NET_ADDRESSES, family, ret);

	for (message = STAILQ_FIRST(ret); message; message = next) {
		struct ifaddrmsg head = head_of(message);

		next = STAILQ_NEXT(message, link);
		if (head.ifa_index != NET_LOOPBACK_INDEX ||
		    (head.ifa_family != AF_INET && head.ifa_family != AF_INET6))
			STAILQ_REMOVE(ret, message, net_message, link);
	}
	return error;
}

int net_address_dump(struct dump *dump, const struct namespace *namespace, int netlink)
{
	struct net_messages addresses;
	int error = ask(&dump->arena, netlink, AF_UNSPEC, &addresses);

	return error < 0 ? error : net_messages_write(dump, namespace->id, NET_ADDRESSES, &addresses);
}

/* --- restore --- */

static bool is_proper(const struct net_message *message)
{
	struct ifaddrmsg head = head_of(message);
	bool is_v6 = head.ifa_family == AF_INET6;
	size_t size = 0, wanted = is_v6 ? 16 : 4;

	if (head.ifa_index != NET_LOOPBACK_INDEX || (!is_v6 && head.ifa_family != AF_INET) ||
	    head.ifa_prefixlen > 8 * wanted)
		return false;
	return netlink_attribute(message->message.body, message->message.size, HEADER,
				 is_v6 ? IFA_ADDRESS : IFA_LOCAL, wanted, &size) &&
	       size == wanted;
}

int net_address_load(struct restore *restore, uint32_t id, struct net_messages *ret)
{
	const struct net_message *message;
	int error = net_messages_load(restore, id, NET_ADDRESSES, ret);

	if (error < 0)
		return error;
	STAILQ_FOREACH(message, ret, link)
		if (!is_proper(message))
			return log_fail(-EBADMSG, "ifaddr-%u.img: this is no address of loopback", id);
	return 0;
}

static int remove_others(struct restore *restore, int netlink, uint8_t family)
{
	const struct net_message *message;
	struct net_messages present;
	int error = ask(&restore->arena, netlink, family, &present);

	STAILQ_FOREACH(message, &present, link) {
		if (!error)
			error = netlink_change(netlink, RTM_DELADDR, 0, message->message.body,
					       message->message.size);
		if (error == -EADDRNOTAVAIL) /* went with its primary one */
			error = 0;
	}
	return error;
}

/* The kernel puts IPv6 addresses before those of the same scope (ipv6_link_dev_addr in net/ipv6/addrconf.c). */
static int add(struct restore *restore, int netlink, const struct net_messages *addresses, uint8_t family)
{
	const struct net_message **ordered, *message;
	size_t nr = 0, i = 0;
	int error = 0;

	STAILQ_FOREACH(message, addresses, link)
		nr++;
	ordered = arena_array(&restore->arena, const struct net_message *, nr + 1);
	STAILQ_FOREACH(message, addresses, link) {
		ordered[family == AF_INET6 ? nr - 1 - i : i] = message;
		i++;
	}
	for (i = 0; i < nr && !error; i++) {
		message = ordered[i];
		if (head_of(message).ifa_family == family)
			error = netlink_change(netlink, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
					       message->message.body, message->message.size);
	}
	return error;
}

static bool has_route(const struct net_messages *routes, const void *address)
{
	const struct net_message *message;

	STAILQ_FOREACH(message, routes, link) {
		const void *to = netlink_attribute(message->message.body, message->message.size,
						   sizeof(struct rtmsg), RTA_DST, ADDRESS6_SIZE, NULL);

		if (to && !memcmp(to, address, ADDRESS6_SIZE))
			return true;
	}
	return false;
}

static bool all_have_routes(const struct net_messages *addresses, const struct net_messages *routes)
{
	const struct net_message *message;

	STAILQ_FOREACH(message, addresses, link) {
		const void *address = netlink_attribute(message->message.body, message->message.size, HEADER,
							IFA_ADDRESS, ADDRESS6_SIZE, NULL);

		if (head_of(message).ifa_family == AF_INET6 && address && !has_route(routes, address))
			return false;
	}
	return true;
}

int net_address_wait(struct restore *restore, int netlink, const struct net_messages *addresses)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	int error = 0;

	for (int i = 0; !error && i < ROUTE_WAITS; i++) {
		struct net_messages routes;

		error = net_messages_ask(&restore->arena, netlink, NET_ROUTES6, AF_INET6, &routes);
		if (!error && all_have_routes(addresses, &routes))
			return 0;
		nanosleep(&pause, NULL);
	}
	if (!error)
		log_warn("network device '%s': the kernel has not made routes to all its addresses yet",
			 NET_LOOPBACK);
	return error;
}

int net_address_set(struct restore *restore, int netlink, const struct net_messages *addresses, uint8_t family)
{
	int error = remove_others(restore, netlink, family);

	if (!error)
		error = add(restore, netlink, addresses, family);
	return error < 0 ? log_errno(error, "addresses of family %d cannot be given to '%s'", family, NET_LOOPBACK)
			 : 0;
}
