// SPDX-License-Identifier: GPL-2.0-only
/* Groups of nfnetlink_log (net/netfilter/nfnetlink_log.c). */
#include "criu/kernel/packet-log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "criu/kernel/netlink.h"
#include "criu/util/cleanup.h"

#define GROUPS_TRIED 16
#define MESSAGE_MAX (PACKET_LOG_MAX + 4096)

/* --- configuration --- */

struct config {
	struct nfgenmsg head;
	struct nlattr attribute;
	union {
		struct nfulnl_msg_config_cmd command;
		struct nfulnl_msg_config_mode mode;
		uint32_t number;
		uint8_t bytes[8];
	} value;
};

static int configure(int netlink, uint16_t group, uint16_t attribute, const void *value, size_t size)
{
	struct config config = {
		.head = { .nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(group) },
		.attribute = { .nla_type = attribute, .nla_len = (uint16_t)(NLA_HDRLEN + size) },
	};

	memcpy(config.value.bytes, value, size);
	return netlink_change(netlink, NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, 0, &config,
			      sizeof(config.head) + NLA_HDRLEN + NLA_ALIGN(size));
}

static int bind_free_group(int netlink, uint16_t *ret_group)
{
	struct nfulnl_msg_config_cmd bind = { .command = NFULNL_CFG_CMD_BIND };
	uint16_t group;
	int ret = -EBUSY;

	for (unsigned int i = 0; i < GROUPS_TRIED && ret == -EBUSY; i++) {
		if (getrandom(&group, sizeof(group), 0) != sizeof(group))
			return -errno;
		ret = configure(netlink, group, NFULA_CFG_CMD, &bind, sizeof(bind));
		*ret_group = group;
	}
	return ret;
}

int packet_log_bind(int netlink, uint16_t *ret_group)
{
	struct nfulnl_msg_config_mode mode = { .copy_range = htonl(PACKET_LOG_MAX),
					       .copy_mode = NFULNL_COPY_PACKET };
	uint32_t at_once = htonl(1);
	int ret = bind_free_group(netlink, ret_group);

	if (ret == 0)
		ret = configure(netlink, *ret_group, NFULA_CFG_MODE, &mode, sizeof(mode));
	return ret < 0 ? ret : configure(netlink, *ret_group, NFULA_CFG_QTHRESH, &at_once, sizeof(at_once));
}

/* --- packets --- */

static int take_packet(void *context, const struct netlink_message *message)
{
	struct logged_packet *packet = context;
	const size_t header = sizeof(struct nfgenmsg);
	size_t size = 0;
	const void *data = netlink_attribute(message->body, message->size, header, NFULA_PAYLOAD, 1, &size);

	if (message->type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) || !data)
		return 0;
	if (size > sizeof(packet->data))
		return -EMSGSIZE;
	memcpy(packet->data, data, size);
	packet->mark = ntohl(netlink_attribute_u32(message, header, NFULA_MARK, 0));
	packet->device = ntohl(netlink_attribute_u32(message, header, NFULA_IFINDEX_OUTDEV, 0));
	packet->size = (uint32_t)size;
	return 0;
}

int packet_log_read(int netlink, struct logged_packet *ret_packet)
{
	_cleanup_free_ void *message = malloc(MESSAGE_MAX);
	ssize_t size;
	int ret;

	ret_packet->size = 0;
	if (!message)
		return -ENOMEM;
	do
		size = recv(netlink, message, MESSAGE_MAX, MSG_DONTWAIT);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return errno == EAGAIN ? 0 : -errno;
	ret = netlink_parse(message, (size_t)size, take_packet, ret_packet);
	return ret < 0 ? ret : ret_packet->size > 0;
}
