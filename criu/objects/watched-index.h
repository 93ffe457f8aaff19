/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of files by their inodes, for those that have no other way: gathered by one walk through directories. */
#ifndef CRIU_OBJECTS_WATCHED_INDEX_H
#define CRIU_OBJECTS_WATCHED_INDEX_H

struct dump;
struct watched;

/* A path that leads to it, or NULL. Owned by the arena. */
const char *watched_index_find(struct dump *dump, const struct watched *watched);

#endif
