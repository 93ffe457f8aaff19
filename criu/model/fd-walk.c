// SPDX-License-Identifier: GPL-2.0-only
/* Walks over descriptors. */
#include "criu/model/fd-walk.h"

#include "criu/model/dump.h"

struct fd_walk fd_walk_task(const struct task *task)
{
	return (struct fd_walk){ .task = task };
}

struct fd_walk fd_walk_all(const struct task_list *tasks)
{
	return (struct fd_walk){ .task = TAILQ_FIRST(tasks), .all = true };
}

struct fd_walk fd_walk_dump(const struct dump *dump)
{
	struct fd_walk walk = fd_walk_all(&dump->tasks);

	walk.last = dump->flight;
	return walk;
}

static void next_table(struct fd_walk *walk)
{
	walk->next = 0;
	if (++walk->thread < walk->task->nr_threads)
		return;
	walk->thread = 0;
	walk->task = walk->all ? TAILQ_NEXT(walk->task, link) : NULL;
	if (walk->task || !walk->last)
		return;
	walk->task = walk->last;
	walk->last = NULL;
	walk->all = false;
}

struct fd_info *fd_walk_next(struct fd_walk *walk)
{
	for (; walk->task; next_table(walk)) {
		const struct thread *thread = walk->thread ? &walk->task->threads[walk->thread] : NULL;

		if (walk->next < (thread ? thread->nr_fds : walk->task->nr_fds))
			return &(thread ? thread->fds : walk->task->fds)[walk->next++];
	}
	return NULL;
}
