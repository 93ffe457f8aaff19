// SPDX-License-Identifier: GPL-2.0-only
/* The legacy page of x86 that every task has, at an address above all others: nothing to keep. */
#include <string.h>

#include "criu/objects/memory/memory.h"

static bool vsyscall_matches(const struct mapping *mapping)
{
	return mapping->name && !strcmp(mapping->name, "[vsyscall]");
}

static int vsyscall_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	mapping->record->status = VMA_VSYSCALL | VMA_ANON_PRIVATE;
	return 0;
}

static bool vsyscall_reads(const VmaEntry *record)
{
	return record->status & VMA_VSYSCALL;
}

const struct mapping_kind vsyscall_kind = {
	.name = "vsyscall",
	.matches = vsyscall_matches,
	.dump = vsyscall_dump,
	.reads = vsyscall_reads,
	.kernels_own = true,
};
