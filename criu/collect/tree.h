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
void collect_fill_dumper_ids(TaskKobjIdsEntry *ids);

#endif
