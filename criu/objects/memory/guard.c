// SPDX-License-Identifier: GPL-2.0-only
/* Guard pages (MADV_GUARD_INSTALL, from 6.13 on): pages within a mapping that fault when touched. Not mappings of
 * their own; collect adds an entry for each run behind the mappings. */
#include "criu/objects/memory/memory.h"

static bool guard_matches(const struct mapping *mapping)
{
	return mapping->record->status == VMA_GUARD;
}

static int guard_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	return 0;
}

static bool guard_reads(const VmaEntry *record)
{
	return record->status == VMA_GUARD;
}

const struct mapping_kind guard_kind = {
	.name = "guard",
	.matches = guard_matches,
	.dump = guard_dump,
	.reads = guard_reads,
	.within = true,
};
