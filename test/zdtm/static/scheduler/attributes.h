/* SPDX-License-Identifier: GPL-2.0-only */
/* sched_getattr(2) and sched_setattr(2), which older C libraries lack. */
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

struct attributes {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

static inline int get_attributes(struct attributes *ret)
{
	*ret = (struct attributes){ 0 };
	return syscall(SYS_sched_getattr, 0, ret, sizeof(*ret), 0);
}

static inline int set_attributes(struct attributes *attributes)
{
	attributes->size = sizeof(*attributes);
	return syscall(SYS_sched_setattr, 0, attributes, 0);
}
