/* SPDX-License-Identifier: GPL-2.0-only */
/* What all tasks of a restore do together: one list of stages with a barrier in shared memory. */
#ifndef CRIU_RESTORE_STAGES_H
#define CRIU_RESTORE_STAGES_H

#include <stdint.h>
#include <sys/types.h>

#include "criu/blobs/restorer/restorer.h"

struct restore;
struct share_group;
struct task;

enum restore_stage {
	STAGE_FORK,  /* every task exists, sessions and groups have their leaders */
	STAGE_GROUP, /* every task is in its session and group */
	STAGE_BUILD, /* descriptors, memory, threads: ends in the restorer, where threads park */
	STAGE_NR,
};

/* A task that was made: what the guardian has to end if the restore does not come to its end. */
struct created_task {
	pid_t pid;	     /* 0: not yet */
	uint64_t start_time; /* as in its stat; 0: not yet known. Tells it from a later user of the pid */
};

/* Memory shared by the process that runs the restore, its guardian and all tasks. */
struct restore_shared {
	uint32_t stage;	  /* futex: the stage that tasks may work on */
	uint32_t arrived; /* futex: how many have finished it */
	uint32_t failed;
	uint32_t committed;		  /* the tree is complete: it lives on, whatever becomes of us */
	struct restorer_shared *restorer; /* pages of their own, which go with the tasks into the blob */
	size_t restorer_size;
	unsigned int nr_tasks;
	struct created_task tasks[];
};

int restore_new_shared(struct restore *restore);
void restore_free_shared(struct restore *restore);

/* How many of those who share @group with its first task are done with it but for what the blob needs: a futex. */
uint32_t *stage_settled(const struct restore *restore, const struct share_group *group);
/* In the first of a group: waits until the @nr others have settled. In others: says so. */
int stage_wait_settled(struct restore *restore, const struct share_group *group);
void stage_settle(struct restore *restore, const struct share_group *group);
/* Waits until a futex that is shared with other tasks is at least @wanted; -ECANCELED when somebody failed. Leaves
 * errno alone: it may be that of another task in the same address space. */
int stage_wait_word(struct restore *restore, uint32_t *word, uint32_t wanted);
void stage_wake(uint32_t *word);
/* In a task: this stage is done for it, but it does not wait. */
void stage_arrive(struct restore *restore);

/* In a task: this stage is done; returns when all have done it, -ECANCELED when somebody failed. */
int stage_finish(struct restore *restore, enum restore_stage stage);
/* In a task that failed: ends the stages of all. */
void stage_fail(struct restore *restore);
/* In the process that runs the restore: waits until @nr tasks have finished @stage, then opens the next. Returns
 * -errno when one failed or died; logged. */
int stage_run(struct restore *restore, enum restore_stage stage, unsigned int nr);
/* Waits until @nr threads are parked in the restorer. */
int stage_wait_parked(struct restore *restore, unsigned int nr);
/* Waits until @nr threads stand at the gate in front of their seccomp; and opens it. */
int stage_wait_gated(struct restore *restore, unsigned int nr);
void stage_open_gate(struct restore *restore);

#endif
