// SPDX-License-Identifier: GPL-2.0-only
/* New processes with the pids of old ones. */
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/restore/internal.h"
#include "criu/restore/stages.h"
#include "criu/util/clock.h"
#include "criu/util/log.h"

#define KILL_TIMEOUT_USEC (10 * 1000 * 1000ULL)

static int fork_task(struct restore *restore, struct task *task, uint64_t flags)
{
	struct clone_args args = {
		.flags = flags,
		.exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
		.set_tid = (uintptr_t)&task->pid,
		.set_tid_size = 1,
	};
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		return log_errno(errno, "task %d: process cannot be created%s", task->pid,
				 errno == EEXIST ? ", the pid is in use" : "");
	if (pid == 0)
		restore_task_main(restore, task);
	/* Also noted by the task itself: whoever is first. */
	restore->shared->tasks[task->index].pid = pid;
	return 0;
}

/* Stands in for the leader of a session that has ended: founds it, forks its members, and ends. */
static void __attribute__((noreturn)) stand_in(struct restore *restore, struct task *first)
{
	struct task *task = first;
	int error = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setsid() < 0)
		error = log_errno(errno, "session %d cannot be founded", first->birth_sid);
	for (; !error && task; task = first->parent ? TAILQ_NEXT(task, sibling) : NULL)
		if (task->orphaned && task->birth_sid == first->birth_sid)
			error = fork_task(restore, task, 0);
	_exit(error < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* @first is the first of its parent's children in that session. They become ours when the stand-in ends. */
static int fork_orphans(struct restore *restore, struct task *first)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&first->birth_sid,
		.set_tid_size = 1,
	};
	pid_t pid;
	int status;

	/* The restorer puts the flag back as it was. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return log_errno(errno, "child subreaper");
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		stand_in(restore, first);
	if (pid < 0)
		return log_errno(errno, "task %d: leader %d of its session cannot be created", first->pid,
				 first->birth_sid);
	if (waitpid(pid, &status, __WALL) < 0)
		return log_errno(errno, "task %d: leader %d of its session", first->pid, first->birth_sid);
	if (status)
		return log_fail(-ECHILD, "task %d: session %d cannot be founded again", first->pid,
				first->birth_sid);
	return 0;
}

static bool is_first_orphan(const struct task *task)
{
	const struct task *other;

	if (!task->parent)
		return true;
	TAILQ_FOREACH(other, &task->parent->children, sibling)
		if (other->orphaned && other->birth_sid == task->birth_sid)
			return other == task;
	return false;
}

static int fork_child(struct restore *restore, struct task *task, uint64_t flags)
{
	if (!task->orphaned)
		return fork_task(restore, task, flags);
	return is_first_orphan(task) ? fork_orphans(restore, task) : 0;
}

int restore_fork_children(struct restore *restore, struct task *parent, bool early)
{
	struct task *child;

	TAILQ_FOREACH(child, &parent->children, sibling) {
		int error = child->early == early ? fork_child(restore, child, 0) : 0;

		if (error < 0)
			return error;
	}
	return 0;
}

int restore_fork_tree(struct restore *restore)
{
	uint64_t start = clock_usec(), flags = restore->options->restore_sibling ? CLONE_PARENT : 0;
	int error;

	/* Should the tree die halfway, its orphans are ours to reap. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return log_errno(errno, "child subreaper");
	error = fork_child(restore, restore->root, flags);
	if (!error)
		error = stage_run(restore, STAGE_FORK, restore->nr_tasks);
	if (!error)
		error = stage_run(restore, STAGE_GROUP, restore->nr_tasks);
	restore->stats.forking_time = clock_usec() - start;
	return error;
}

static bool any_left(const struct restore *restore)
{
	for (unsigned int i = 0; i < restore->shared->nr_tasks; i++) {
		pid_t pid = restore->shared->tasks[i].pid;

		if (pid > 0 && kill(pid, 0) == 0)
			return true;
	}
	return false;
}

void restore_kill_tree(struct restore *restore)
{
	uint64_t deadline = clock_usec() + KILL_TIMEOUT_USEC;

	__atomic_store_n(&restore->shared->failed, 1, __ATOMIC_SEQ_CST);
	do {
		/* Again and again: a task that was forking has made one more. */
		for (unsigned int i = 0; i < restore->shared->nr_tasks; i++)
			if (restore->shared->tasks[i].pid > 0)
				kill(restore->shared->tasks[i].pid, SIGKILL);
		for (unsigned int i = 0; i < restore->shared->nr_tasks; i++)
			if (restore->shared->tasks[i].pid > 0)
				waitpid(restore->shared->tasks[i].pid, NULL, WNOHANG | __WALL);
		usleep(1000);
	} while (any_left(restore) && clock_usec() < deadline);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}
