// SPDX-License-Identifier: GPL-2.0-only
/* A vdso of another kernel cannot be put into place here yet, as blob.h explains. */
#include "criu/arch/arch.h"

uint64_t arch_get_ip(const CoreEntry *core)
{
	return core->ti_aarch64 && core->ti_aarch64->gpregs ? core->ti_aarch64->gpregs->pc : 0;
}

size_t arch_vdso_jump(uint8_t code[ARCH_VDSO_JUMP_SIZE], uint64_t from, uint64_t to)
{
	return 0;
}

bool arch_vdso_rewind(CoreEntry *core, uint64_t entry, const uint8_t code[ARCH_VDSO_JUMP_SIZE],
		      bool (*read_word)(void *context, uint64_t address, uint64_t *ret), void *context)
{
	return false;
}
