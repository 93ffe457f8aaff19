// SPDX-License-Identifier: GPL-2.0-only
/* Lists of rtnetlink(7) as images: a word that says which one, then the kernel's messages as they are. This is the form
 * of "ip addr save" and its like. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "criu/image/file.h"
#include "criu/objects/namespace/net-internal.h"
#include "criu/util/log.h"

#define IMAGE_LIMIT (64UL << 20)

static const struct {
	const char *name;
	enum image_kind image;
	uint32_t magic;
	uint16_t ask, is;
	size_t header;
} lists[NET_LISTS] = {
	[NET_ADDRESSES] = { "ifaddr", IMAGE_IFADDR, 0x47361222, RTM_GETADDR, RTM_NEWADDR, sizeof(struct ifaddrmsg) },
	[NET_ROUTES] = { "route", IMAGE_ROUTE, 0x45311224, RTM_GETROUTE, RTM_NEWROUTE, sizeof(struct rtmsg) },
	[NET_ROUTES6] = { "route6", IMAGE_ROUTE6, 0x45311224, RTM_GETROUTE, RTM_NEWROUTE, sizeof(struct rtmsg) },
	[NET_RULES] = { "rule", IMAGE_RULE, 0x71706986, RTM_GETRULE, RTM_NEWRULE, sizeof(struct fib_rule_hdr) },
};

struct taking {
	struct arena *arena;
	enum net_list list;
	uint8_t family; /* AF_UNSPEC: all */
	struct net_messages *messages;
};

/* Asked for a family that it does not have, the kernel gives all others (rtnl_dump_all in net/core/rtnetlink.c). The head
 * of @message stands right before its body: both are copied. */
static int take(void *context, const struct netlink_message *message)
{
	const struct taking *taking = context;
	struct net_message *copy;
	uint8_t family;

	if (message->type != lists[taking->list].is || message->size < lists[taking->list].header)
		return -EBADMSG;
	family = *(const uint8_t *)message->body;
	if (taking->family && family != taking->family)
		return 0;
	copy = arena_new(taking->arena, struct net_message);
	copy->message = *message;
	copy->message.head = arena_copy(taking->arena, message->head, NLMSG_HDRLEN + message->size);
	copy->message.body = (const char *)copy->message.head + NLMSG_HDRLEN;
	STAILQ_INSERT_TAIL(taking->messages, copy, link);
	return 0;
}

int net_messages_ask(struct arena *arena, int netlink, enum net_list list, uint8_t family, struct net_messages *ret)
{
	struct taking taking = { arena, list, family, ret };
	union {
		struct ifaddrmsg address;
		struct rtmsg route;
		struct fib_rule_hdr rule;
		uint8_t family;
	} request = {};
	int error;

	STAILQ_INIT(ret);
	request.family = family;
	error = netlink_list(netlink, lists[list].ask, &request, lists[list].header, take, &taking);
	return error < 0 ? log_errno(error, "rtnetlink: the list of '%s' cannot be read", lists[list].name) : 0;
}

bool net_has(const struct net_message *message, size_t header, uint16_t type)
{
	return netlink_attribute(message->message.body, message->message.size, header, type, 0, NULL);
}

/* --- dump --- */

static int write_messages(struct image_file *image, enum net_list list, const struct net_messages *messages)
{
	const struct net_message *message;
	int error = image_write_bytes(image, &lists[list].magic, sizeof(lists[list].magic));

	STAILQ_FOREACH(message, messages, link) {
		if (!error)
			error = image_write_bytes(image, message->message.head,
						  NLMSG_HDRLEN + message->message.size);
	}
	return error;
}

int net_messages_write(struct dump *dump, uint32_t id, enum net_list list, const struct net_messages *messages)
{
	struct image_file *image = NULL;
	int error = image_create(dump->images, lists[list].image, id, &image), close_error;

	if (error < 0)
		return log_errno(error, "cannot create '%s-%u.img'", lists[list].name, id);
	error = write_messages(image, list, messages);
	close_error = image_close(image);
	error = error ?: close_error;
	return error < 0 ? log_errno(error, "cannot write '%s-%u.img'", lists[list].name, id) : 0;
}

/* --- restore --- */

static int read_image(struct restore *restore, struct image_file *image, struct taking *taking)
{
	uint64_t size = image_bytes_left(image);
	uint32_t magic;
	void *data;
	int ret;

	if (!size) /* a tool that had nothing to say */
		return 0;
	if (size < sizeof(magic) || size > IMAGE_LIMIT)
		return -EBADMSG;
	ret = image_read_bytes(image, &magic, sizeof(magic));
	if (ret < 0 || magic != lists[taking->list].magic)
		return ret < 0 ? ret : -EBADMSG;
	size -= sizeof(magic);
	data = arena_alloc(&restore->arena, size + 1);
	ret = image_read_bytes(image, data, size);
	if (!ret)
		ret = netlink_parse(data, size, take, taking);
	return ret == 1 ? 0 : ret < 0 ? ret : -EBADMSG;
}

int net_messages_load(struct restore *restore, uint32_t id, enum net_list list, struct net_messages *ret)
{
	struct taking taking = { &restore->arena, list, 0, ret };
	_cleanup_image_close_ struct image_file *image = NULL;
	int error = image_open(restore->images, lists[list].image, id, &image);

	STAILQ_INIT(ret);
	if (error == -ENOENT)
		return 0;
	if (!error)
		error = read_image(restore, image, &taking);
	return error < 0 ? log_errno(error, "image '%s-%u.img' cannot be read", lists[list].name, id) : 0;
}
