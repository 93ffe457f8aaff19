// SPDX-License-Identifier: GPL-2.0-only
/* What all kinds of mappings share: reasons to refuse one that lie in its flags. */
#include "criu/objects/memory/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "criu/kernel/proc/mappings.h"
#include "criu/util/macros.h"

static const struct {
	uint64_t flag;
	const char *reason;
} refused_flags[] = {
	{ PROC_VM_PFN_MAP, "is memory of a device, which only its driver could keep" },
	{ PROC_VM_IO, "is memory of a device, which only its driver could keep" },
	{ PROC_VM_SHADOW_STACK, "is a shadow stack; start the program without user shadow stacks "
				"(GLIBC_TUNABLES=glibc.cpu.hwcaps=-SHSTK)" },
	{ PROC_VM_SEALED, "is sealed by mseal(), which could not be undone for the restore" },
	{ PROC_VM_SYNC, "is mapped with MAP_SYNC, which is not supported" },
	{ PROC_VM_MEMORY_TAGGING, "has memory tags, which are not supported" },
	{ PROC_VM_BRANCH_TARGET, "is guarded by branch target identification, which is not supported" },
	{ PROC_VM_UNKNOWN, "has a flag of a newer kernel in smaps which this build does not know" },
};

const char *mapping_describe(struct arena *arena, const struct mapping *mapping)
{
	return arena_printf(arena, "mapping %" PRIx64 "-%" PRIx64 " ('%s')", mapping->record->start,
			    mapping->record->end, mapping->name ? mapping->name : "");
}

void mapping_link(const struct mapping *mapping, char *link)
{
	snprintf(link, MAPPING_LINK_SIZE, "map_files/%" PRIx64 "-%" PRIx64, mapping->record->start,
		 mapping->record->end);
}

int mapping_survey_flags(struct dump *dump, const struct task *task, const struct mapping *mapping)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused_flags); i++) {
		if (!(mapping->vm_flags & refused_flags[i].flag))
			continue;
		dump_refuse(dump, task, "%s %s", mapping_describe(&dump->arena, mapping), refused_flags[i].reason);
		return 0;
	}
	return 0;
}

bool huge_pages_exist(unsigned int order)
{
	char name[80];

	if (order < 10 || order > 63)
		return false;
	snprintf(name, sizeof(name), "/sys/kernel/mm/hugepages/hugepages-%llukB", 1ULL << (order - 10));
	return access(name, F_OK) == 0;
}
