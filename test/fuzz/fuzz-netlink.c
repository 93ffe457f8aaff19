// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the reader of netlink messages, which reads images as well, and that of their attributes with garbage. */
#include "criu/kernel/netlink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take(void *context, const struct netlink_message *message)
{
	size_t *sum = context, found = 0;

	for (uint16_t type = 0; type < 32; type++) {
		if (netlink_attribute(message->body, message->size, 8, type, 4, &found))
			*sum += found;
		*sum += netlink_attribute_u32(message, 12, type, 1);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t sum = 0;

	netlink_parse(data, size, take, &sum);
	return 0;
}
