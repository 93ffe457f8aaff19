/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of network namespaces share. */
#ifndef CRIU_OBJECTS_NAMESPACE_NET_INTERNAL_H
#define CRIU_OBJECTS_NAMESPACE_NET_INTERNAL_H

#include <sys/queue.h>

#include "netdev.pb-c.h"

#include "criu/kernel/netlink.h"
#include "criu/objects/kinds.h"

#define NET_LOOPBACK "lo"
#define NET_LOOPBACK_INDEX 1 /* the first device of each namespace (dev_new_index in net/core/dev.c) */

/* Lists of rtnetlink(7) that have an image each. */
enum net_list { NET_ADDRESSES, NET_ROUTES, NET_ROUTES6, NET_RULES, NET_LISTS };

struct net_message {
	STAILQ_ENTRY(net_message) link;
	struct netlink_message message;
};

STAILQ_HEAD(net_messages, net_message);

struct net_contents {
	NetnsEntry *settings;
	NetDeviceEntry *loopback;
	struct net_messages lists[NET_LISTS]; /* in the order of the kernel */
};

/* "its network namespace 'net:[4026532001]'" */
const char *net_describe(struct dump *dump, const struct namespace *namespace);
#define NET_CURE \
	"give the namespace from outside (--external net[INODE]:KEY), or leave it to scripts (--empty-ns net)"

/* net-messages.c */
int net_messages_ask(struct arena *arena, int netlink, enum net_list list, uint8_t family,
		     struct net_messages *ret);
int net_messages_write(struct dump *dump, uint32_t id, enum net_list list, const struct net_messages *messages);
int net_messages_load(struct restore *restore, uint32_t id, enum net_list list, struct net_messages *ret);
/* Both: has it this attribute, and with what number? */
bool net_has(const struct net_message *message, size_t header, uint16_t type);

/* net-link.c: devices. */
int net_link_survey(struct dump *dump, const struct namespace *namespace, int netlink);
int net_link_dump(struct dump *dump, const struct namespace *namespace, int netlink);
int net_link_load(struct restore *restore, uint32_t id, NetDeviceEntry **ret_loopback);
/* Size and flags; up only if @up. */
int net_link_set(int netlink, const NetDeviceEntry *loopback, bool up);

/* net-address.c */
int net_address_dump(struct dump *dump, const struct namespace *namespace, int netlink);
int net_address_load(struct restore *restore, uint32_t id, struct net_messages *ret);
/* Exactly these of one family. */
int net_address_set(struct restore *restore, int netlink, const struct net_messages *addresses, uint8_t family);

/* The kernel makes the route to an IPv6 address when it gets to it (addrconf_dad_work in net/ipv6/addrconf.c): nobody can be
 * reached there before. Of a device that is up. */
int net_address_wait(struct restore *restore, int netlink, const struct net_messages *addresses);

/* net-route.c: routes and rules. */
int net_route_survey(struct dump *dump, const struct namespace *namespace, int netlink);
int net_route_dump(struct dump *dump, const struct namespace *namespace, int netlink);
int net_route_load(struct restore *restore, uint32_t id, struct net_contents *contents);
int net_route_set(struct restore *restore, int netlink, const struct net_messages *routes, enum net_list list);

/* net-other.c: what cannot be kept, whatever it is. */
int net_other_survey(struct dump *dump, const struct namespace *namespace);
int net_other_load(struct restore *restore, uint32_t id);

/* net-mount.c: of a tree that is to end, and not given from outside. */
int net_mount_survey(struct dump *dump, const struct namespace *namespace);

/* net-settings.c: what is below /proc/sys/net. */
int net_settings_dump(struct dump *dump, uint32_t id);
int net_settings_write(struct dump *dump, uint32_t id, const NetnsEntry *record);
void net_settings_fill_device(struct dump *dump, NetDeviceEntry *device);
int net_settings_load(struct restore *restore, uint32_t id, NetnsEntry **ret_settings);
int net_settings_check_device(const NetDeviceEntry *device);
int net_settings_set(const struct restore *restore, const NetnsEntry *settings, const NetDeviceEntry *device);

#endif
