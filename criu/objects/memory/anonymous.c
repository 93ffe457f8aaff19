// SPDX-License-Identifier: GPL-2.0-only
/* Private anonymous memory: heap, stacks, arenas. Its pages are stored unless they are zero. */
#include <sys/mman.h>

#include "criu/objects/memory/memory.h"

static bool anonymous_matches(const struct mapping *mapping)
{
	return mapping->anonymous;
}

static int anonymous_survey(struct dump *dump, const struct task *task, struct mapping *mapping)
{
	return mapping_survey_flags(dump, task, mapping);
}

static int anonymous_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	mapping->record->status |= VMA_REGULAR | VMA_ANON_PRIVATE;
	mapping->record->flags |= MAP_ANONYMOUS;
	return 0;
}

static bool anonymous_reads(const VmaEntry *record)
{
	return (record->status & ~(VMA_HEAP | VMA_STACK)) == (VMA_REGULAR | VMA_ANON_PRIVATE);
}

const struct mapping_kind anonymous_kind = {
	.name = "anonymous",
	.matches = anonymous_matches,
	.survey = anonymous_survey,
	.dump = anonymous_dump,
	.reads = anonymous_reads,
	.dump_pages = true,
};
