// SPDX-License-Identifier: GPL-2.0-only
/* Mappings of objects of the kernel that are no files: told by their names, and refused by them. */
#include <errno.h>
#include <string.h>

#include "criu/objects/memory/memory.h"
#include "criu/util/macros.h"

/* The kernel calls files without a name "deleted"; a true file of such a name in "/" is one that is not. */
static const struct {
	const char *prefix;
	bool deleted;
	const char *reason;
} special_names[] = {
	{ "/SYSV", true, "is a private mapping of System V shared memory, which shmat() does not make" },
	{ "/secretmem", true, "is memory of memfd_secret(), which nobody but the task may read" },
	{ "/dmabuf:", false, "is a DMA buffer of a device" },
	{ "socket:", false, "is memory of a socket that cannot be mapped again" },
	{ "anon_inode:", false, "is memory of a kernel object that cannot be read back" },
	{ "[shadow stack]", false, "is a shadow stack, which is not supported" },
};

static const char *special_reason(const struct mapping *mapping)
{
	for (size_t i = 0; mapping->name && i < ARRAY_SIZE(special_names); i++) {
		const char *prefix = special_names[i].prefix;

		if (!strncmp(mapping->name, prefix, strlen(prefix)) &&
		    (mapping->deleted || !special_names[i].deleted))
			return special_names[i].reason;
	}
	return NULL;
}

static bool special_matches(const struct mapping *mapping)
{
	return special_reason(mapping) || !mapping->name || mapping->name[0] != '/';
}

static int special_survey(struct dump *dump, const struct task *task, struct mapping *mapping)
{
	const char *reason = special_reason(mapping);

	dump_refuse(dump, task, "%s %s", mapping_describe(&dump->arena, mapping),
		    reason ? reason : "is of a kind which this build does not know; unmap it before the dump");
	return 0;
}

static int special_dump(struct dump *dump, struct task *task, struct mapping *mapping)
{
	return -ENOTSUP;
}

static bool special_reads(const VmaEntry *record)
{
	return false;
}

const struct mapping_kind special_mapping_kind = {
	.name = "special",
	.matches = special_matches,
	.survey = special_survey,
	.dump = special_dump,
	.reads = special_reads,
};
