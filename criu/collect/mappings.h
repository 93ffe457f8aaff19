/* SPDX-License-Identifier: GPL-2.0-only */
/* The mappings of a task, from one pass over its smaps. */
#ifndef CRIU_COLLECT_MAPPINGS_H
#define CRIU_COLLECT_MAPPINGS_H

struct dump;
struct task;
struct mapping;
struct proc_mapping;
struct arena;

/* Fills task->mappings; kinds are found, but nothing is refused yet. Needs task->proc_fd and task->stat. */
int collect_mappings(struct dump *dump, struct task *task);

/* What one mapping of smaps says, as a record; without its kind. */
void mapping_from_proc(struct arena *arena, const struct proc_mapping *from, struct mapping *ret_mapping);

#endif
