// SPDX-License-Identifier: GPL-2.0-only
/* 32-bit code on aarch64: compel refuses such tasks, and no image has them. */
#include <errno.h>
#include <time.h>

#include "criu/arch/arch.h"

bool arch_thread_is_compat(const CoreEntry *core)
{
	return false;
}

int arch_get_compat_robust_list(pid_t tid, uint32_t *ret_head)
{
	return -ENOSYS;
}

int arch_open_small(const char *path, int flags, int mode)
{
	return -ENOSYS;
}

int arch_map_compat_vdso(uint64_t address)
{
	return -ENOSYS;
}

uint64_t arch_return_address(const struct compel_registers *registers)
{
	return 0;
}

long arch_native_call(bool compat, long number, size_t *ret_time_size)
{
	*ret_time_size = sizeof(struct timespec);
	return compat ? -1 : number;
}

bool arch_begin_compat_call(struct compel_registers *registers, uint16_t instruction, const uint64_t arguments[6])
{
	return false;
}
