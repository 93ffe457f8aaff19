/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of a restore share. */
#ifndef CRIU_RESTORE_INTERNAL_H
#define CRIU_RESTORE_INTERNAL_H

#include <stdbool.h>

#include "criu/model/restore.h"

/* plan.c: all steps in order; a failure undoes what was done. */
int restore_run_steps(struct restore *restore);
int restore_stop_if_refused(const struct restore *restore);

/* load.c: images -> model, everything checked. */
int restore_load(struct restore *restore);

/* plugins.c: those which the images need, and what they are told. */
int restore_load_plugins(struct restore *restore);
int restore_tell_plugins(unsigned int hook, const char *when);
int restore_resume_devices(struct restore *restore);

/* fork.c: the new processes. */
int restore_fork_tree(struct restore *restore);
/* What could not be opened before there were tasks; then they go into their groups. */
int restore_group_tree(struct restore *restore);
/* Ends all tasks that were made and waits until they are gone. Also for the guardian: kills and reaps. */
void restore_kill_tree(struct restore *restore);

/* task.c: what a new process does until it enters its restorer. Does not return. */
void restore_task_main(struct restore *restore, struct task *task) __attribute__((noreturn));
/* Is it @task that makes a process for the time being which leads its process group? Once sessions are planned. */
bool restore_owns_group_helper(const struct restore *restore, const struct task *task);
/* Forks the children of @task that are born before or after it founds its session. */
int restore_fork_children(struct restore *restore, struct task *parent, bool early);

/* The signal by which the parent of @task learns of its end; 0: none. */
int restore_exit_signal(const struct task *task);

/* Leaves the tables that the task was forked with only to hand them on to its children. */
int restore_part(const struct task *task);

/* build.c: room for the restorer and its arguments; before restore_enter_restorer(). */
int restore_prepare_restorer(struct restore *restore, struct task *task);
/* build.c: the end of task_main: arguments, then into the blob. Returns -errno, logged, or not at all. */
/* @last is called when nothing is left to be done but the jump. */
int restore_enter_restorer(struct restore *restore, struct task *task,
			   void (*last)(struct restore *restore, const struct task *task));
/* Room that the restorer of @task needs, bytes. */
uint64_t restore_restorer_size(struct restore *restore, const struct task *task);

/* handover.c */
int restore_seize_tree(struct restore *restore);
void restore_drop_tree(struct restore *restore);
int restore_hand_over(struct restore *restore);
/* Of a stopped task that has just been let go, while its parent still sleeps in its restorer. */
void restore_settle_stop(const struct restore *restore, const struct task *task);

/* guardian.c: a small child that ends the new tasks, or finishes the handover, should we be killed. */
int restore_start_guardian(struct restore *restore);
void restore_stop_guardian(struct restore *restore);

#endif
