/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are in use but lost their last name (ghosts): kept with their contents. On restore each is made under a
 * name of its own, opened by whoever had it, and loses its name again. */
#ifndef CRIU_OBJECTS_GHOST_H
#define CRIU_OBJECTS_GHOST_H

#include <stdbool.h>
#include <stdint.h>

#include "regfile.pb-c.h"
#include "remap-file-path.pb-c.h"

struct dump;
struct restore;
struct named_file;

/* The name that @file had, for its record; NULL: @file did not lose its last name. */
const char *ghost_name(struct dump *dump, const struct named_file *file);
/* Why such a file cannot be kept, or NULL. */
const char *ghost_problem(struct dump *dump, const struct named_file *file);
/* Keeps @file for @record, whose id and name are filled in. */
int ghost_dump(struct dump *dump, const struct named_file *file, const RegFileEntry *record);

/* Notes that the file with this id is not to be opened by its name. */
int remap_write(struct dump *dump, uint32_t file_id, RemapType type, uint32_t id);

/* Restore: is the file with this record one of them? */
bool ghost_is(const struct restore *restore, const RegFileEntry *record);
void ghost_free_all(struct restore *restore);
/* Opens it once more; *@ret_fd is the caller's. -errno, not logged. */
int ghost_open(struct restore *restore, const RegFileEntry *record, int flags, int *ret_fd);

#endif
