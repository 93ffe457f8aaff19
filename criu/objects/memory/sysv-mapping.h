/* SPDX-License-Identifier: GPL-2.0-only */
/* Mappings of System V shared memory. */
#ifndef CRIU_OBJECTS_MEMORY_SYSV_MAPPING_H
#define CRIU_OBJECTS_MEMORY_SYSV_MAPPING_H

#include "criu/objects/kinds.h"

/* The name of a mapping in /proc: "/SYSV" and the key its segment was made with; the inode is the id of that. */
bool sysv_name_is(const char *name, bool deleted);
bool sysv_mapping_is(const struct mapping *mapping);

#endif
