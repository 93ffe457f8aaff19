// SPDX-License-Identifier: GPL-2.0-only
/* The plan of sessions: from the leaves up what each needs, then from the root down how it gets it. */
#include "criu/model/sessions.h"

bool session_has_leader(const struct task_list *tasks, pid_t sid)
{
	const struct task *task;

	TAILQ_FOREACH(task, tasks, link)
		if (task->pid == sid && task->sid == sid)
			return true;
	return false;
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
		task->session_lost = true;
}

void sessions_plan(struct task_list *tasks)
{
	struct task *task;

	TAILQ_FOREACH_REVERSE(task, tasks, task_list, link)
		task->birth_sid = needed_at_birth(task);
	TAILQ_FOREACH(task, tasks, link)
		if (task->parent)
			plan_child(task);
}
