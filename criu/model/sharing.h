/* SPDX-License-Identifier: GPL-2.0-only */
/* Which tasks share descriptor tables, directories and address spaces, and how that is made again. A table can only be
 * shared from birth on: it is inherited from whoever forks the task. So a task that lies between two which share must
 * be forked with their table, too (and gets one of its own later), and members that do not get it from their parent
 * have a helper in common: the carrier, forked by the parent, which forks them in its parent's name. */
#ifndef CRIU_MODEL_SHARING_H
#define CRIU_MODEL_SHARING_H

#include "criu/model/task.h"

struct arena;

/* Tasks that share one object. */
struct share_group {
	uint32_t id;
	struct task *first; /* who sets it up: in the order of the tree */
	unsigned int total; /* tasks in it */
	unsigned int index; /* among all groups of the run */
	/* while the plan is made */
	const struct task *at, *carried_for;
	unsigned int seen, carrier;
};

/* Fills creator, vm_owner, share, carrier and sharing_refusal of tasks and creator of threads. Needs ids and the plan of
 * sessions. Returns the number of groups. */
unsigned int sharing_plan(struct task_list *tasks, struct arena *arena);

/* The group whose object @task has while it forks others; NULL: nobody's but its own. */
struct share_group *sharing_held(const struct task *task, enum share_kind kind);
/* Does another task set up what @task shares? */
bool sharing_borrows(const struct task *task, enum share_kind kind);
/* Is @thread's object not that of the task? */
bool thread_has_own(const struct thread *thread, enum share_kind kind);
/* Has @thread a descriptor table of its own, and is it the first thread that has it? */
bool sharing_owns_table(const struct thread *thread);
uint32_t task_share_id(const struct task *task, enum share_kind kind);

#endif
