// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the parser of /proc/PID/stat with garbage. */
#include "criu/kernel/proc/stat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_stat stat;

	proc_parse_stat((const char *)data, size, &stat);
	return 0;
}
