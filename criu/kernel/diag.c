// SPDX-License-Identifier: GPL-2.0-only
/* sock_diag(7): lists of sockets, asked of the kernel over netlink. */
#include "criu/kernel/diag.h"

#include <linux/sock_diag.h>

#include "criu/kernel/netlink.h"

struct taker {
	diag_take take;
	void *context;
};

static int take_socket(void *context, const struct netlink_message *message)
{
	const struct taker *taker = context;

	return message->type == SOCK_DIAG_BY_FAMILY ? taker->take(taker->context, message->body, message->size)
						    : 0;
}

int diag_parse(const void *data, size_t size, diag_take take, void *context)
{
	struct taker taker = { take, context };

	return netlink_parse(data, size, take_socket, &taker);
}

const void *diag_attribute(const void *message, size_t size, size_t header, uint16_t type, size_t minimum,
			   size_t *ret_size)
{
	return netlink_attribute(message, size, header, type, minimum, ret_size);
}

int diag_list(int socket, const void *request, size_t size, diag_take take, void *context)
{
	struct taker taker = { take, context };

	return netlink_list(socket, SOCK_DIAG_BY_FAMILY, request, size, take_socket, &taker);
}
