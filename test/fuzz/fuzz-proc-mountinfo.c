// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the parser of mountinfo with garbage. */
#include "criu/kernel/proc/mountinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_mounts mounts;

	if (proc_parse_mountinfo((const char *)data, size, &mounts) == 0)
		proc_free_mounts(&mounts);
	return 0;
}
