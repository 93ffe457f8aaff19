// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the reader of sock_diag answers, and that of their attributes, with garbage. */
#include "criu/kernel/diag.h"

#include <linux/inet_diag.h>
#include <linux/unix_diag.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take(void *context, const void *message, size_t size)
{
	size_t *sum = context, found = 0;

	for (uint16_t type = 0; type < 24; type++) {
		if (diag_attribute(message, size, sizeof(struct unix_diag_msg), type, 4, &found))
			*sum += found;
		if (diag_attribute(message, size, sizeof(struct inet_diag_msg), type, 0, &found))
			*sum += found;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t sum = 0;

	diag_parse(data, size, take, &sum);
	return 0;
}
