// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the parser of /proc/locks with garbage. */
#include "criu/kernel/proc/locks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_locks locks;

	if (proc_parse_locks((const char *)data, size, &locks) == 0)
		proc_free_locks(&locks);
	return 0;
}
