/* SPDX-License-Identifier: GPL-2.0-only */
/* Just enough netlink for probes: one request, one answer. */
#ifndef CRIU_KERNEL_PROBE_NETLINK_H
#define CRIU_KERNEL_PROBE_NETLINK_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_BUFFER_SIZE 8192

struct netlink_buffer {
	size_t size; /* of all messages so far */
	struct nlmsghdr *last;
	char data[NETLINK_BUFFER_SIZE] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* Socket with a time limit on answers. Returns a descriptor or -errno. */
int netlink_open(int protocol);

/* Begins a message with @header behind the netlink head; attributes follow by netlink_put() and netlink_nest().
 * Everything fits, since requests are made by us only. */
void netlink_begin(struct netlink_buffer *buffer, uint16_t type, uint16_t flags, const void *header, size_t size);
void netlink_put(struct netlink_buffer *buffer, uint16_t type, const void *value, size_t size);
void netlink_put_u32(struct netlink_buffer *buffer, uint16_t type, uint32_t value);
void netlink_put_string(struct netlink_buffer *buffer, uint16_t type, const char *value);
size_t netlink_nest(struct netlink_buffer *buffer, uint16_t type);
void netlink_end_nest(struct netlink_buffer *buffer, size_t nest);

/* Sends all messages and receives the first answer into the same buffer: its message is buffer->last. Returns 0, or
 * -errno, which may be the one in the answer. An acknowledgement is 0. */
int netlink_ask(int fd, struct netlink_buffer *buffer);
/* An attribute of the answer behind a header of @header_size. */
const struct nlattr *netlink_find(const struct netlink_buffer *buffer, size_t header_size, uint16_t type);

#endif
