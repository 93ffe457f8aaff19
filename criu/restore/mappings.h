/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of restored tasks: checked, gathered in staging areas of the new processes, described for the blob that
 * moves it into place. */
#ifndef CRIU_RESTORE_MAPPINGS_H
#define CRIU_RESTORE_MAPPINGS_H

#include <stdint.h>

struct restore;
struct restorer_mapping;
struct task;

/* Checks the mappings and the list of pages of a task; builds task->mappings: by address, without guard pages
 * and what lies above user memory. Files must be loaded. */
int restore_load_mappings(struct restore *restore, struct task *task);

/* Once, before the first fork and after files are open: gives each task its staging areas and task->restorer, for a
 * blob of at most @restorer_size bytes. */
int restore_plan_mappings(struct restore *restore, uint64_t restorer_size);

/* In the new process, before it forks its children: fills its staging areas. */
int restore_fill_task(struct restore *restore, struct task *task);

/* For the blob; @ret has room for task->nr_mappings. Without what the kernel puts into place. */
int restore_plan_restorer_mappings(struct restore *restore, struct task *task, struct restorer_mapping *ret,
				   unsigned int *ret_nr);
/* What the blob keeps until all is moved; empty (0, 0) when the task stages nothing. */
void restore_staging_range(const struct restore *restore, const struct task *task, uint64_t *ret_start,
			   uint64_t *ret_end);

/* Adds what the new processes have counted to the figures of the run. */
void restore_collect_memory_stats(struct restore *restore);
/* Frees what the arena does not. */
void restore_forget_mappings(struct restore *restore);

#endif
