// SPDX-License-Identifier: GPL-2.0-only
/* Devices of a network namespace: loopback is kept, every other one refused by name. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>

#include "criu/image/file.h"
#include "criu/kernel/probe-netlink.h"
#include "criu/objects/namespace/net-internal.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define HEADER sizeof(struct ifinfomsg)
#define QUEUE_LENGTH 1000 /* DEFAULT_TX_QUEUE_LEN */
/* What can be set from outside (__dev_change_flags in net/core/dev.c). */
#define FLAGS_TO_SET                                                                          \
	(IFF_DEBUG | IFF_NOTRAILERS | IFF_NOARP | IFF_DYNAMIC | IFF_MULTICAST | IFF_PORTSEL | \
	 IFF_AUTOMEDIA | IFF_PROMISC | IFF_ALLMULTI)
#ifndef IFLA_PROP_LIST
#define IFLA_PROP_LIST 52
#endif

struct link {
	const char *name, *kind;
	unsigned int index, flags;
	const struct netlink_message *message;
};

/* Devices that the kernel makes by itself in each namespace when it has such tunnels (net.core.fb_tunnels_only_for_init_net). */
static const struct {
	const char *name, *kind;
} by_itself[] = {
	{ "tunl0", "ipip" },	 { "sit0", "sit" },	  { "gre0", "gre" },
	{ "gretap0", "gretap" }, { "erspan0", "erspan" }, { "ip6tnl0", "ip6tnl" },
	{ "ip6gre0", "ip6gre" }, { "ip_vti0", "vti" },	  { "ip6_vti0", "vti6" },
};

static const void *get(const struct link *link, uint16_t type, size_t minimum, size_t *ret_size)
{
	return netlink_attribute(link->message->body, link->message->size, HEADER, type, minimum, ret_size);
}

/* "" if it is not there, or does not end. */
static const char *get_text(const void *attributes, size_t size, size_t header, uint16_t type)
{
	size_t length = 0;
	const char *text = netlink_attribute(attributes, size, header, type, 1, &length);

	return text && memchr(text, '\0', length) ? text : "";
}

static int read_link(const struct netlink_message *message, struct link *ret)
{
	struct ifinfomsg head;
	const void *info;
	size_t size = 0;

	if (message->type != RTM_NEWLINK || message->size < sizeof(head))
		return -EBADMSG;
	memcpy(&head, message->body, sizeof(head));
	*ret = (struct link){ .index = (unsigned int)head.ifi_index, .flags = head.ifi_flags, .message = message };
	ret->name = get_text(message->body, message->size, HEADER, IFLA_IFNAME);
	info = get(ret, IFLA_LINKINFO, 0, &size);
	ret->kind = info ? get_text(info, size, 0, IFLA_INFO_KIND) : "";
	return 0;
}

static bool is_made_by_itself(const struct link *link)
{
	for (size_t i = 0; i < ARRAY_SIZE(by_itself); i++)
		if (!strcmp(link->name, by_itself[i].name) && !strcmp(link->kind, by_itself[i].kind))
			return !(link->flags & IFF_UP);
	return false;
}

/* --- dump --- */

static bool has_program(const struct link *link)
{
	size_t size = 0;
	const void *xdp = get(link, IFLA_XDP, 0, &size);
	const uint8_t *attached = xdp ? netlink_attribute(xdp, size, 0, IFLA_XDP_ATTACHED, 1, NULL) : NULL;

	return attached && *attached;
}

static bool has_address(const struct link *link)
{
	static const uint8_t zero[32];
	size_t size = 0;
	const void *address = get(link, IFLA_ADDRESS, 0, &size);

	return address && (size > sizeof(zero) || memcmp(address, zero, size) != 0);
}

static const char *loopback_problem(const struct link *link)
{
	if (strcmp(link->name, NET_LOOPBACK) != 0)
		return "has another name";
	if (get(link, IFLA_IFALIAS, 2, NULL) || get(link, IFLA_PROP_LIST, 1, NULL))
		return "has an alias";
	if (has_program(link))
		return "has an XDP program";
	if (has_address(link))
		return "has a hardware address";
	if (netlink_attribute_u32(link->message, HEADER, IFLA_MASTER, 0))
		return "belongs to another device";
	if (netlink_attribute_u32(link->message, HEADER, IFLA_TXQLEN, QUEUE_LENGTH) != QUEUE_LENGTH)
		return "has another queue length than usual";
	if (netlink_attribute_u32(link->message, HEADER, IFLA_GROUP, 0))
		return "is in a group";
	return NULL;
}

struct looking {
	struct dump *dump;
	const struct namespace *namespace;
};

static int survey_link(void *context, const struct netlink_message *message)
{
	const struct looking *looking = context;
	struct link link;
	int error = read_link(message, &link);
	bool is_loopback = !error && link.index == NET_LOOPBACK_INDEX && link.flags & IFF_LOOPBACK;
	const char *problem = is_loopback ? loopback_problem(&link) : NULL;

	if (error < 0)
		return error;
	if (problem)
		dump_refuse(looking->dump, looking->namespace->first,
			    "%s: network device '%s' %s, which cannot be kept; set it back, or " NET_CURE,
			    net_describe(looking->dump, looking->namespace), link.name, problem);
	else if (!is_loopback && is_made_by_itself(&link))
		log_debug("network device '%s' is made by the kernel", link.name);
	else if (!is_loopback)
		dump_refuse(looking->dump, looking->namespace->first,
			    "%s: network device '%s' (%s) cannot be kept by this build; remove it, or " NET_CURE,
			    net_describe(looking->dump, looking->namespace), link.name,
			    link.kind[0] ? link.kind : "hardware");
	return 0;
}

static int list_links(int netlink, netlink_take take, void *context)
{
	struct ifinfomsg request = { .ifi_family = AF_UNSPEC };
	int error = netlink_list(netlink, RTM_GETLINK, &request, sizeof(request), take, context);

	return error < 0 ? log_errno(error, "rtnetlink: network devices cannot be listed") : 0;
}

int net_link_survey(struct dump *dump, const struct namespace *namespace, int netlink)
{
	struct looking looking = { dump, namespace };

	return list_links(netlink, survey_link, &looking);
}

static int fill_loopback(void *context, const struct netlink_message *message)
{
	NetDeviceEntry *entry = context;
	struct link link;
	int error = read_link(message, &link);

	if (error < 0 || link.index != NET_LOOPBACK_INDEX)
		return error;
	entry->ifindex = link.index;
	entry->mtu = netlink_attribute_u32(message, HEADER, IFLA_MTU, 0);
	entry->flags = link.flags;
	return 0;
}

int net_link_dump(struct dump *dump, const struct namespace *namespace, int netlink)
{
	NetDeviceEntry entry = NET_DEVICE_ENTRY__INIT;
	struct image_file *image = NULL;
	int error, close_error;

	entry.type = ND_TYPE__LOOPBACK;
	entry.name = NET_LOOPBACK;
	error = list_links(netlink, fill_loopback, &entry);
	if (error < 0)
		return error;
	net_settings_fill_device(dump, &entry);
	error = image_create(dump->images, IMAGE_NETDEV, namespace->id, &image);
	if (error < 0)
		return log_errno(error, "cannot create 'netdev-%u.img'", namespace->id);
	error = image_write_record(image, &entry.base);
	close_error = image_close(image);
	error = error ?: close_error;
	return error < 0 ? log_errno(error, "cannot write 'netdev-%u.img'", namespace->id) : 0;
}

/* --- restore --- */

static int take_device(struct restore *restore, uint32_t id, NetDeviceEntry *entry, NetDeviceEntry **ret_loopback)
{
	if (entry->type != ND_TYPE__LOOPBACK) {
		restore_refuse(restore, NULL,
			       "netdev-%u.img: network device '%s' cannot be made by this build; " NET_CURE,
			       id, entry->name);
		return 0;
	}
	if (*ret_loopback || strcmp(entry->name, NET_LOOPBACK) != 0 || entry->mtu > INT32_MAX)
		return log_fail(-EBADMSG, "netdev-%u.img: no proper loopback device '%s'", id, entry->name);
	*ret_loopback = entry;
	return net_settings_check_device(entry);
}

int net_link_load(struct restore *restore, uint32_t id, NetDeviceEntry **ret_loopback)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(restore->images, IMAGE_NETDEV, id, &image);

	if (ret == -ENOENT)
		return 0;
	while (ret >= 0) {
		ProtobufCMessage *message = NULL;
		const NetDeviceEntry *before = *ret_loopback;

		ret = image_read_record(image, NULL, &message);
		if (ret <= 0)
			break;
		ret = take_device(restore, id, (NetDeviceEntry *)message, ret_loopback);
		if (*ret_loopback == before)
			protobuf_c_message_free_unpacked(message, NULL);
		if (ret < 0)
			return ret;
	}
	return ret < 0 ? log_errno(ret, "image 'netdev-%u.img' cannot be read", id) : 0;
}

static int set_link(int netlink, unsigned int flags, unsigned int change, uint32_t mtu)
{
	struct ifinfomsg head = {
		.ifi_index = NET_LOOPBACK_INDEX,
		.ifi_flags = flags,
		.ifi_change = change,
	};
	struct netlink_buffer buffer = {};

	netlink_begin(&buffer, RTM_NEWLINK, NLM_F_ACK, &head, sizeof(head));
	if (mtu)
		netlink_put_u32(&buffer, IFLA_MTU, mtu);
	return netlink_ask(netlink, &buffer);
}

int net_link_set(int netlink, const NetDeviceEntry *loopback, bool up)
{
	int error = up ? set_link(netlink, IFF_UP, IFF_UP, 0)
		       : set_link(netlink, loopback->flags, FLAGS_TO_SET, loopback->mtu);

	return error < 0 ? log_errno(error, "network device '%s' cannot be set up", NET_LOOPBACK) : 0;
}
