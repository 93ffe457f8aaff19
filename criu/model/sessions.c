// SPDX-License-Identifier: GPL-2.0-only
/* The plan of sessions: from the leaves up what each needs, then from the root down how it gets it. */
#include "criu/model/sessions.h"

#include <stddef.h>

bool session_has_leader(const struct task_list *tasks, pid_t sid)
{
	const struct task *task;

	TAILQ_FOREACH(task, tasks, link)
		if (task->pid == sid && task->sid == sid)
			return true;
	return false;
}

bool session_is_outside(const struct task_list *tasks, const struct task *task)
{
	const struct task *root = TAILQ_FIRST(tasks);

	return !root->orphaned && root->birth_sid == task->sid && !session_has_leader(tasks, task->sid);
}

/* A leader is born into any session, unless a child of it stayed in the one it was born into. */
static pid_t needed_at_birth(const struct task *task)
{
	const struct task *child;

	if (task->sid != task->pid)
		return task->sid;
	TAILQ_FOREACH(child, &task->children, sibling)
		if (child->birth_sid && child->birth_sid != task->pid)
			return child->birth_sid;
	return 0;
}

static void plan_child(struct task *task)
{
	const struct task *parent = task->parent;

	if (!task->birth_sid)
		task->birth_sid = parent->sid;
	if (task->birth_sid == parent->sid)
		return;
	if (task->birth_sid == parent->birth_sid)
		task->early = true;
	else
		task->orphaned = true;
}

void sessions_plan(struct task_list *tasks, bool shell_job)
{
	struct task *task;

	TAILQ_FOREACH_REVERSE(task, tasks, task_list, link)
		task->birth_sid = needed_at_birth(task);
	TAILQ_FOREACH(task, tasks, link) {
		if (task->parent)
			plan_child(task);
		else
			task->orphaned = task->birth_sid && !shell_job;
	}
}

bool group_is_left(const struct task_list *tasks, const struct task *task)
{
	const struct task *other;

	TAILQ_FOREACH(other, tasks, link)
		if (task->pgid != task->pid && other->pgid == task->pid)
			return true;
	return false;
}

/* It leaves its own group when all others have joined theirs: the group to which it goes must not be one of that sort. */
const char *group_refusal(const struct task_list *tasks, const struct task *task)
{
	const struct task *other;

	TAILQ_FOREACH(other, tasks, link)
		if (other->pid == task->pgid && group_is_left(tasks, other) && group_is_left(tasks, task))
			return "it has gone from the group that it led to one whose leader has done the same";
	return NULL;
}

const char *session_refusal(const struct task_list *tasks, const struct task *task)
{
	const struct task *other;

	if (!task->orphaned)
		return NULL;
	if (session_has_leader(tasks, task->birth_sid))
		return "its leader is in the tree, but not among the ancestors";
	/* The number of the session is taken as long as one member lives: only one stand-in can fork all. */
	TAILQ_FOREACH(other, tasks, link) {
		if (other->orphaned && other->birth_sid == task->birth_sid && other->parent != task->parent)
			return "its leader has ended, and members of it have different parents";
		if (other->pid == task->birth_sid)
			return "its number is the pid of a task that does not lead it";
	}
	return NULL;
}
