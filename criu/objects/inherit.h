/* SPDX-License-Identifier: GPL-2.0-only */
/* Resources that live outside of the tree: named at the dump (--external), given at the restore (--inherit-fd). */
#ifndef CRIU_OBJECTS_INHERIT_H
#define CRIU_OBJECTS_INHERIT_H

#include <stdbool.h>

struct dump;
struct restore;

/* Place of @key among the externals of the dump, or -1. */
int dump_find_external(const struct dump *dump, const char *key);

bool restore_is_inherited(const struct restore *restore, const char *key);
/* Moves all of them out of the way of the tasks' descriptors. To be called before any file is opened. */
int restore_save_inherited(struct restore *restore);
void restore_close_inherited(struct restore *restore);
/* The service number of the descriptor for @key, to be duplicated; -ENOENT when none was given. */
int restore_inherited_fd(const struct restore *restore, const char *key);
/* The file behind @key, opened once more with access and flags of its own where the kernel allows it. */
int restore_reopen_inherited(const struct restore *restore, const char *key, int flags, int *ret_fd);

#endif
