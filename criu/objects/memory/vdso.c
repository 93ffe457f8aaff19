// SPDX-License-Identifier: GPL-2.0-only
/* The code that the kernel maps into each task (vdso) and the data it reads (vvar). The code is stored, so that a
 * restore under another kernel is noticed; the data are the kernel's own. */
#include <string.h>

#include "criu/objects/memory/memory.h"

static bool vdso_matches(const struct mapping *mapping)
{
	return mapping->name && !strcmp(mapping->name, "[vdso]");
}

static int vdso_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	mapping->record->status = VMA_REGULAR | VMA_VDSO | VMA_ANON_PRIVATE;
	return 0;
}

static bool vdso_reads(const VmaEntry *record)
{
	return record->status & VMA_VDSO;
}

const struct mapping_kind vdso_kind = {
	.name = "vdso",
	.matches = vdso_matches,
	.dump = vdso_dump,
	.reads = vdso_reads,
	.dump_pages = true,
	.every_page = true,
	.not_lazy = true,
};

/* "[vvar]", and "[vvar_vclock]" from 6.13 on. */
static bool vvar_matches(const struct mapping *mapping)
{
	return mapping->name && !strncmp(mapping->name, "[vvar", strlen("[vvar"));
}

static int vvar_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	mapping->record->status = VMA_REGULAR | VMA_VVAR | VMA_ANON_PRIVATE;
	return 0;
}

static bool vvar_reads(const VmaEntry *record)
{
	return record->status & VMA_VVAR;
}

const struct mapping_kind vvar_kind = {
	.name = "vvar",
	.matches = vvar_matches,
	.dump = vvar_dump,
	.reads = vvar_reads,
};
