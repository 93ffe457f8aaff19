// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the parser of /proc/PID/cgroup with garbage. */
#include "criu/kernel/proc/cgroup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_cgroups cgroups;

	if (proc_parse_cgroups((const char *)data, size, &cgroups) == 0)
		proc_free_cgroups(&cgroups);
	return 0;
}
