/* SPDX-License-Identifier: GPL-2.0-only */
/* Which session each task must be born into, so that all end up in theirs. A session can only be inherited from
 * the parent at birth or be founded by its leader: a child is forked before (early) or after its parent's setsid().
 * Where the leader of a session has ended, somebody must stand in for it, fork its members and end (orphaned). */
#ifndef CRIU_MODEL_SESSIONS_H
#define CRIU_MODEL_SESSIONS_H

#include <stdbool.h>

#include "criu/model/task.h"

/* Fills birth_sid, early and orphaned of each task. @shell_job: the session of the root stays outside, and becomes
 * that of whoever restores. */
void sessions_plan(struct task_list *tasks, bool shell_job);

/* Why @task cannot get its session back, NULL if it can. */
const char *session_refusal(const struct task_list *tasks, const struct task *task);

/* Is there a task with such a session of its own in the tree? */
bool session_has_leader(const struct task_list *tasks, pid_t sid);
/* Is @task in the session that stays outside of the tree (--shell-job)? */
bool session_is_outside(const struct task_list *tasks, const struct task *task);

/* Is there a group with the number of @task, while that is in another one? */
bool group_is_left(const struct task_list *tasks, const struct task *task);
/* Why a task cannot go back to its process group, or NULL. */
const char *group_refusal(const struct task_list *tasks, const struct task *task);

#endif
