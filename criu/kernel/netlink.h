/* SPDX-License-Identifier: GPL-2.0-only */
/* netlink(7): lists of messages, and single requests. Answers are read with bounds. */
#ifndef CRIU_KERNEL_NETLINK_H
#define CRIU_KERNEL_NETLINK_H

#include <stddef.h>
#include <stdint.h>

/* One message: its type, and what stands behind the head. Not aligned. */
struct netlink_message {
	uint16_t type;
	const void *head; /* of the whole, which has head_size bytes more than the body */
	const void *body;
	size_t size;
};

/* Returns 0 or -errno, which ends the list. */
typedef int (*netlink_take)(void *context, const struct netlink_message *message);

/* A row of messages, such as one datagram of an answer. 1: more are to come; 0: this was the last one; -errno of the kernel,
 * of @take, or -EBADMSG. */
int netlink_parse(const void *data, size_t size, netlink_take take, void *context);

/* What attribute @type of @body holds, behind a header of @header bytes; NULL when it is not there or has less than
 * @minimum bytes. @ret_size may be NULL. */
const void *netlink_attribute(const void *body, size_t size, size_t header, uint16_t type, size_t minimum,
			      size_t *ret_size);
uint32_t netlink_attribute_u32(const struct netlink_message *message, size_t header, uint16_t type, uint32_t absent);

/* Asks for all that @request describes. -ENOENT: the kernel has nothing of that type. */
int netlink_list(int socket, uint16_t type, const void *request, size_t size, netlink_take take, void *context);
/* One change, and what the kernel says to it. */
int netlink_change(int socket, uint16_t type, uint16_t flags, const void *body, size_t size);

#endif
