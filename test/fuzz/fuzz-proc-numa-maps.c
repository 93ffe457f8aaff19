// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the parser of /proc/PID/numa_maps with garbage. */
#include "criu/kernel/proc/numa-maps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_numa_maps maps;

	if (proc_parse_numa_maps((const char *)data, size, &maps) == 0)
		proc_free_numa_maps(&maps);
	return 0;
}
