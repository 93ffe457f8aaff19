/* SPDX-License-Identifier: GPL-2.0-only */
/* Files whose name was deleted while they have another one, which nobody can tell: --link-remap gives them a further
 * name from the dump to the restore. */
#ifndef CRIU_OBJECTS_LINK_REMAP_H
#define CRIU_OBJECTS_LINK_REMAP_H

#include <stdbool.h>

#include "regfile.pb-c.h"

struct dump;
struct named_file;

#define LINK_REMAP_PREFIX "link_remap."

/* The name that @file had, for its record; NULL: @file is none of these. */
const char *link_remap_name(struct dump *dump, const struct named_file *file);
/* Why such a file cannot be kept, or NULL. */
const char *link_remap_problem(struct dump *dump, const struct named_file *file);
/* Gives @file a name for @record, whose id and name are filled in. */
int link_remap_dump(struct dump *dump, const struct named_file *file, const RegFileEntry *record);
/* What was given stays (@keep), or is taken away. */
void link_remap_end(struct dump *dump, bool keep);

#endif
