/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the restore of memory share. */
#ifndef CRIU_RESTORE_MEMORY_INTERNAL_H
#define CRIU_RESTORE_MEMORY_INTERNAL_H

#include "criu/model/restore.h"
#include "criu/pages/copy.h"
#include "criu/restore/staging.h"

/* End of user addresses, as far as programs get without asking for more (5-level page tables). */
#define USER_ADDRESS_MAX 0x7ffffffff000UL

/* Memory of one task. */
struct task_memory {
	struct page_source *pages;
	struct page_map guards;
	uint64_t staging_end; /* end of the staging areas of it and its ancestors */
};

/* Memory of all tasks. */
struct tree_memory {
	struct address_range hole;
	uint64_t staging_end;	     /* of all tasks */
	struct restore_stats *stats; /* shared with the tasks */
};

struct task_memory *task_memory(const struct restore *restore, const struct task *task);
struct tree_memory *tree_memory(const struct restore *restore);

/* A mapping as images describe it; -EBADMSG with a message when it cannot be one, or a refusal. */
int memory_check_record(struct restore *restore, const struct task *task, const VmaEntry *record, uint64_t last_end);

/* The staged mapping of the parent which this one goes back to; NULL if there is none. */
const struct mapping *memory_find_inherited(const struct restore *restore, const struct task *task,
					    const struct mapping *mapping);

/* The task whose memory @task is forked with: its parent, or that one's host. */
const struct task *memory_parent(const struct task *task);

bool mapping_can_stage(const struct mapping *mapping);

#endif
