/* SPDX-License-Identifier: GPL-2.0-only */
/* The cgroup through which a tree is frozen: it stood so before the dump, or we are to freeze it so (--freeze-cgroup).
 * Frozen threads do not stop for a tracer, nor run code of ours: the cgroup is thawed when all are seized, and put back
 * as it was before they are let go. */
#ifndef CRIU_COLLECT_FREEZER_H
#define CRIU_COLLECT_FREEZER_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct compel_tree;

/* Plain memory, shared with whoever repairs after us. */
struct freezer {
	char path[PATH_MAX]; /* "": no cgroup is concerned */
	bool version_2;
	bool was_frozen;
	volatile bool changed; /* it may not be as it was */
};

/* Which cgroup: @path, or that which holds @root frozen. 0 or -errno, logged. */
int freezer_find(struct freezer *freezer, pid_t root, const char *path);
bool freezer_is_set(const struct freezer *freezer);
/* Freezes it, unless it is, and waits until all in it stand still. */
int freezer_freeze(struct freezer *freezer, unsigned int timeout_sec);
/* For compel_seize_tree(); refuses when somebody else would run on who stood still before. @argument: the freezer. */
int freezer_thaw(void *argument, const struct compel_tree *tree);
int freezer_put_back(void *argument);
/* Thaws it, if it has to be put back anyway. */
void freezer_let_run(struct freezer *freezer);

#endif
