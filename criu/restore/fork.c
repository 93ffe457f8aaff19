// SPDX-License-Identifier: GPL-2.0-only
/* New processes with the pids of old ones. */
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
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

int restore_fork_children(struct restore *restore, struct task *parent, bool early)
{
	struct task *child;

	TAILQ_FOREACH(child, &parent->children, sibling) {
		int error = child->early == early ? fork_task(restore, child, 0) : 0;

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
	error = fork_task(restore, restore->root, flags);
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
