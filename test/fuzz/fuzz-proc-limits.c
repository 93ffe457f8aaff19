// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the parser of /proc/PID/limits with garbage. */
#include "criu/kernel/proc/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_limits limits;

	proc_parse_limits((const char *)data, size, &limits);
	return 0;
}
