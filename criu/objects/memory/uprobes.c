// SPDX-License-Identifier: GPL-2.0-only
/* Memory that the kernel gives a task when it meets a user probe (uprobe): it belongs to the probe, and the next one
 * gets its own. Left out of the images, if the user says so: a probe that is still set has changed the code. */
#include <errno.h>
#include <string.h>

#include "criu/objects/memory/memory.h"
#include "criu/options/options.h"
#include "criu/util/log.h"

/* "[uprobes]", and "[uprobes-trampoline]" of later kernels. */
#define NAME "[uprobes"

static bool uprobes_matches(const struct mapping *mapping)
{
	return mapping->name && !strncmp(mapping->name, NAME, strlen(NAME));
}

static int uprobes_survey(struct dump *dump, const struct task *task, struct mapping *mapping)
{
	if (!dump->options->allow_uprobes)
		dump_refuse(dump, task,
			    "%s was made by user probes (uprobes), which cannot be kept; take the probes off and "
			    "use --allow-uprobes",
			    mapping_describe(&dump->arena, mapping));
	return 0;
}

static int uprobes_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	return 0;
}

static bool uprobes_reads(const VmaEntry *record)
{
	return false;
}

const struct mapping_kind uprobes_kind = {
	.name = "uprobes",
	.matches = uprobes_matches,
	.survey = uprobes_survey,
	.dump = uprobes_dump,
	.reads = uprobes_reads,
	.left_out = true,
};

static int uprobe_permission_load(struct restore *restore)
{
	if (restore->inventory->allow_uprobes && !restore->options->allow_uprobes)
		restore_refuse(restore, NULL,
			       "the images were made with --allow-uprobes: code may hold probes which are not set "
			       "here; restore with --allow-uprobes, too");
	return 0;
}

const struct global_kind uprobe_permission_kind = {
	.name = "uprobe-permission",
	.load = uprobe_permission_load,
};
