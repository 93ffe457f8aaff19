// SPDX-License-Identifier: GPL-2.0-only
/* There is no record for processors of this architecture in images. */
#include <errno.h>

#include "criu/arch/arch.h"

int arch_read_cpu(struct arena *arena, bool all, CpuinfoEntry **ret)
{
	return -ENOTSUP;
}

int arch_compare_cpu(const CpuinfoEntry *there, const CpuinfoEntry *here, unsigned int what,
		     arch_report report, void *context)
{
	return -ENOTSUP;
}
