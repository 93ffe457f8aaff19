// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the parser of /proc/PID/timers with garbage. */
#include "criu/kernel/proc/timers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_timers timers;

	if (proc_parse_timers((const char *)data, size, &timers) == 0)
		proc_free_timers(&timers);
	return 0;
}
