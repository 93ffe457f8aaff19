/* SPDX-License-Identifier: GPL-2.0-only */
/* Walks over descriptors: of each task those in its table, then those of threads that have a table of their own. */
#ifndef CRIU_MODEL_FD_WALK_H
#define CRIU_MODEL_FD_WALK_H

#include <stdbool.h>

#include "criu/model/task.h"

struct dump;

struct fd_walk {
	const struct task *task; /* NULL: at the end */
	bool all;		 /* goes on to the next task */
	const struct task *last; /* after all tasks */
	unsigned int thread;	 /* 0: the table of the task */
	unsigned int next;
};

struct fd_walk fd_walk_task(const struct task *task);
/* Those in flight come last. */
struct fd_walk fd_walk_dump(const struct dump *dump);
struct fd_walk fd_walk_all(const struct task_list *tasks);
/* NULL behind the last. */
struct fd_info *fd_walk_next(struct fd_walk *walk);

#endif
