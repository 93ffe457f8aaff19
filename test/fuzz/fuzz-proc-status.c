// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the parser of /proc/PID/status with garbage. */
#include "criu/kernel/proc/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_status status;

	if (proc_parse_status((const char *)data, size, &status) == 0)
		proc_free_status(&status);
	return 0;
}
