/* SPDX-License-Identifier: GPL-2.0-only */
/* Which session each task must be born into, so that all end up in theirs. A session can only be inherited from
 * the parent at birth or be founded by its leader: a child is forked before (early) or after its parent's setsid(). */
#ifndef CRIU_MODEL_SESSIONS_H
#define CRIU_MODEL_SESSIONS_H

#include <stdbool.h>

#include "criu/model/task.h"

/* Fills birth_sid, early and session_lost of each task. */
void sessions_plan(struct task_list *tasks);

/* Is there a task with such a session of its own in the tree? */
bool session_has_leader(const struct task_list *tasks, pid_t sid);

#endif
