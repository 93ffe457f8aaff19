// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the parsers of /proc/TID/sched and /proc/TID/syscall with garbage. */
#include "criu/kernel/proc/sched.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_sched sched;
	struct proc_syscall call;

	proc_parse_sched((const char *)data, size, &sched);
	proc_parse_syscall((const char *)data, size, &call);
	return 0;
}
