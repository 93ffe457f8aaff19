/* SPDX-License-Identifier: GPL-2.0-only */
/* The frozen processes as tasks and threads of the model. */
#ifndef CRIU_COLLECT_TREE_H
#define CRIU_COLLECT_TREE_H

#include "core.pb-c.h"

struct dump;

int collect_freeze(struct dump *dump);
/* Lets the tree go on as it was. */
void collect_thaw(struct dump *dump);
int collect_tree(struct dump *dump);
/* Which address spaces, descriptor tables, directories and signal handlers are shared (kcmp): fills task->ids. */
int collect_ids(struct dump *dump);
/* Ids that stand for the dumper itself (inventory). */
void collect_fill_dumper_ids(const struct dump *dump, TaskKobjIdsEntry *ids);

/* namespaces.c: those of the dumper and of the tasks, and their ids in task->ids. */
int collect_namespaces(struct dump *dump);
void collect_fill_dumper_namespaces(const struct dump *dump, TaskKobjIdsEntry *ids);

#endif
