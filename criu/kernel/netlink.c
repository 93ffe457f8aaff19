// SPDX-License-Identifier: GPL-2.0-only
/* netlink(7): lists of messages, and single requests. */
#include "criu/kernel/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

/* The kernel fills what a reader offers, up to 32 KiB (netlink_dump in net/netlink/af_netlink.c). */
#define ANSWER_SIZE 32768

/* An error stands in a message of its own or in the one that ends the list. */
static int parse_end(const struct nlmsghdr *head, const uint8_t *body, size_t size)
{
	int error = 0;

	if (size >= sizeof(error))
		memcpy(&error, body, sizeof(error));
	else if (head->nlmsg_type == NLMSG_ERROR)
		return -EBADMSG;
	return MIN(error, 0);
}

static int parse_one(const struct nlmsghdr *head, const uint8_t *at, netlink_take take, void *context)
{
	struct netlink_message message = {
		.type = head->nlmsg_type,
		.head = at,
		.body = at + sizeof(*head),
		.size = head->nlmsg_len - sizeof(*head),
	};

	return head->nlmsg_type < NLMSG_MIN_TYPE ? 0 : take(context, &message);
}

int netlink_parse(const void *data, size_t size, netlink_take take, void *context)
{
	const uint8_t *at = data;
	struct nlmsghdr head;

	while (size >= sizeof(head)) {
		size_t step;
		int ret;

		memcpy(&head, at, sizeof(head));
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > size)
			return -EBADMSG;
		if (head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR)
			return parse_end(&head, at + sizeof(head), head.nlmsg_len - sizeof(head));
		ret = parse_one(&head, at, take, context);
		if (ret < 0)
			return ret;
		step = MIN(NLMSG_ALIGN((size_t)head.nlmsg_len), size);
		at += step;
		size -= step;
	}
	return size ? -EBADMSG : 1;
}

const void *netlink_attribute(const void *body, size_t size, size_t header, uint16_t type, size_t minimum,
			      size_t *ret_size)
{
	const uint8_t *at = body;
	struct nlattr attribute;

	header = NLMSG_ALIGN(header);
	while (header <= size && size - header >= sizeof(attribute)) {
		memcpy(&attribute, at + header, sizeof(attribute));
		if (attribute.nla_len < sizeof(attribute) || attribute.nla_len > size - header)
			return NULL;
		if ((attribute.nla_type & NLA_TYPE_MASK) == type) {
			if (ret_size)
				*ret_size = attribute.nla_len - sizeof(attribute);
			return attribute.nla_len - sizeof(attribute) >= minimum ? at + header + sizeof(attribute)
										: NULL;
		}
		header += NLA_ALIGN((size_t)attribute.nla_len);
	}
	return NULL;
}

uint32_t netlink_attribute_u32(const struct netlink_message *message, size_t header, uint16_t type, uint32_t absent)
{
	const void *value = netlink_attribute(message->body, message->size, header, type, sizeof(absent), NULL);

	if (value)
		memcpy(&absent, value, sizeof(absent));
	return absent;
}

static int send_request(int socket, uint16_t type, uint16_t flags, const void *body, size_t size)
{
	struct nlmsghdr head = {
		.nlmsg_len = (uint32_t)(sizeof(head) + size),
		.nlmsg_type = type,
		.nlmsg_flags = flags | NLM_F_REQUEST,
	};
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct iovec parts[] = { { &head, sizeof(head) }, { (void *)body, size } };
	struct msghdr message = {
		.msg_name = &kernel,
		.msg_namelen = sizeof(kernel),
		.msg_iov = parts,
		.msg_iovlen = ARRAY_SIZE(parts),
	};

	return sendmsg(socket, &message, 0) < 0 ? -errno : 0;
}

/* 1: more is to come; 0: that was all. */
static int receive(int socket, void *answer, netlink_take take, void *context)
{
	struct sockaddr_nl sender = { 0 };
	socklen_t sender_size = sizeof(sender);
	ssize_t got = recvfrom(socket, answer, ANSWER_SIZE, MSG_TRUNC, (struct sockaddr *)&sender, &sender_size);

	if (got < 0)
		return errno == EINTR ? 1 : -errno;
	if (got > ANSWER_SIZE)
		return -EMSGSIZE;
	if (sender.nl_pid) /* not from the kernel */
		return 1;
	return netlink_parse(answer, (size_t)got, take, context);
}

int netlink_list(int socket, uint16_t type, const void *request, size_t size, netlink_take take, void *context)
{
	_cleanup_free_ void *answer = malloc(ANSWER_SIZE);
	int ret = answer ? send_request(socket, type, NLM_F_DUMP, request, size) : -ENOMEM;

	if (ret < 0)
		return ret;
	do {
		ret = receive(socket, answer, take, context);
	} while (ret > 0);
	return ret;
}

static int take_nothing(void *context, const struct netlink_message *message)
{
	(void)context;
	(void)message;
	return 0;
}

int netlink_change(int socket, uint16_t type, uint16_t flags, const void *body, size_t size)
{
	_cleanup_free_ void *answer = malloc(ANSWER_SIZE);
	int ret = answer ? send_request(socket, type, flags | NLM_F_ACK, body, size) : -ENOMEM;

	if (ret < 0)
		return ret;
	do {
		ret = receive(socket, answer, take_nothing, NULL);
	} while (ret > 0);
	return ret;
}
