/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that were opened on a mount of another mount namespace, before their task came to the one it is in. */
#ifndef CRIU_OBJECTS_FOREIGN_MOUNT_H
#define CRIU_OBJECTS_FOREIGN_MOUNT_H

#include <stdbool.h>

#include "criu/objects/file-name.h"

struct dump;

/* Whether the mount of @file is none of our mount namespace, and the one that has its name here does as well. */
bool foreign_mount_is_no_matter(struct dump *dump, const struct named_file *file);

#endif
