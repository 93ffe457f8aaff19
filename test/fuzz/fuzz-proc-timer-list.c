// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the parser of /proc/timer_list with garbage. */
#include "criu/kernel/proc/timer-list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_sleeps sleeps;

	if (proc_parse_timer_list((const char *)data, size, &sleeps) == 0)
		proc_free_sleeps(&sleeps);
	return 0;
}
