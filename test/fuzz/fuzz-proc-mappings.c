// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the parser of maps and smaps with garbage. */
#include "criu/kernel/proc/mappings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_mappings mappings;

	if (proc_parse_mappings((const char *)data, size, &mappings) == 0)
		proc_free_mappings(&mappings);
	return 0;
}
