// SPDX-License-Identifier: GPL-2.0-only
/* Just enough netlink for probes: one request, one answer. */
#include "criu/kernel/probe-netlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

int netlink_open(int protocol)
{
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	struct timeval limit = { .tv_sec = 3 };

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		return -errno;
	return steal_fd(&fd);
}

/* Zeroed room at the end of the last message. */
static void *extend(struct netlink_buffer *buffer, size_t size)
{
	char *at = buffer->data + buffer->size;
	size_t aligned = NLMSG_ALIGN(size);

	if (sizeof(buffer->data) - buffer->size < aligned)
		abort();
	memset(at, 0, aligned);
	buffer->size += aligned;
	buffer->last->nlmsg_len = (uint32_t)(buffer->data + buffer->size - (char *)buffer->last);
	return at;
}

void netlink_begin(struct netlink_buffer *buffer, uint16_t type, uint16_t flags, const void *header, size_t size)
{
	buffer->last = (struct nlmsghdr *)(buffer->data + buffer->size);
	extend(buffer, sizeof(*buffer->last));
	buffer->last->nlmsg_type = type;
	buffer->last->nlmsg_flags = flags | NLM_F_REQUEST;
	memcpy(extend(buffer, size), header, size);
}

void netlink_put(struct netlink_buffer *buffer, uint16_t type, const void *value, size_t size)
{
	struct nlattr *attribute = extend(buffer, NLA_HDRLEN + size);

	attribute->nla_type = type;
	attribute->nla_len = (uint16_t)(NLA_HDRLEN + size);
	if (size)
		memcpy((char *)attribute + NLA_HDRLEN, value, size);
}

void netlink_put_u32(struct netlink_buffer *buffer, uint16_t type, uint32_t value)
{
	netlink_put(buffer, type, &value, sizeof(value));
}

void netlink_put_string(struct netlink_buffer *buffer, uint16_t type, const char *value)
{
	netlink_put(buffer, type, value, strlen(value) + 1);
}

size_t netlink_nest(struct netlink_buffer *buffer, uint16_t type)
{
	size_t nest = buffer->size;

	netlink_put(buffer, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void netlink_end_nest(struct netlink_buffer *buffer, size_t nest)
{
	struct nlattr *attribute = (struct nlattr *)(buffer->data + nest);

	attribute->nla_len = (uint16_t)(buffer->size - nest);
}

/* An error may stand in a message of its own or, of a list, in the message that ends it. */
static int error_of(const struct nlmsghdr *message)
{
	int error;

	if (message->nlmsg_type != NLMSG_ERROR && message->nlmsg_type != NLMSG_DONE)
		return 0;
	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(error)))
		return message->nlmsg_type == NLMSG_DONE ? 0 : -EBADMSG;
	memcpy(&error, NLMSG_DATA(message), sizeof(error));
	return MIN(error, 0);
}

int netlink_ask(int fd, struct netlink_buffer *buffer)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t size = sendto(fd, buffer->data, buffer->size, 0, (struct sockaddr *)&kernel, sizeof(kernel));

	if (size < 0)
		return -errno;
	size = recv(fd, buffer->data, sizeof(buffer->data), 0);
	if (size < 0)
		return -errno;
	buffer->size = (size_t)size;
	buffer->last = (struct nlmsghdr *)buffer->data;
	return NLMSG_OK(buffer->last, buffer->size) ? error_of(buffer->last) : -EBADMSG;
}

const struct nlattr *netlink_find(const struct netlink_buffer *buffer, size_t header_size, uint16_t type)
{
	size_t at = NLMSG_SPACE(header_size), end = buffer->last->nlmsg_len;

	while (at + NLA_HDRLEN <= end) {
		const struct nlattr *attribute = (const struct nlattr *)((const char *)buffer->last + at);

		if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > end - at)
			return NULL;
		if ((attribute->nla_type & NLA_TYPE_MASK) == type)
			return attribute;
		at += NLA_ALIGN(attribute->nla_len);
	}
	return NULL;
}
