// SPDX-License-Identifier: GPL-2.0-only
/* New processes with the pids of old ones. */
#include <errno.h>
#include <sched.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/model/sharing.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/restore/descriptors.h"
#include "criu/restore/guest.h"
#include "criu/restore/internal.h"
#include "criu/restore/stages.h"
#include "criu/util/cleanup.h"
#include "criu/util/clock.h"
#include "criu/util/log.h"

#define KILL_TIMEOUT_USEC (10 * 1000 * 1000ULL)

int restore_exit_signal(const struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;

	return task->parent && core->has_exit_signal ? (int)core->exit_signal : SIGCHLD;
}

/* What @task shares with whoever forks it. */
static uint64_t share_flags(const struct task *task)
{
	static const uint64_t flags[SHARE_NR] = { [SHARE_FILES] = CLONE_FILES, [SHARE_FS] = CLONE_FS };
	uint64_t found = 0;

	for (int kind = 0; kind < SHARE_NR; kind++)
		if (task->share[kind].inherit)
			found |= flags[kind];
	return found;
}

static int fork_alone(struct restore *restore, struct task *task, uint64_t flags)
{
	struct clone_args args = {
		.flags = flags,
		.exit_signal = flags & CLONE_PARENT ? 0 : restore_exit_signal(task),
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

static int fork_task(struct restore *restore, struct task *task, uint64_t flags)
{
	flags |= share_flags(task);
	if (task->vm_owner)
		return guest_spawn(restore, task, flags);
	return fork_alone(restore, task, flags);
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

/* What the stand-in must have from us to hand on. */
static uint64_t orphans_flags(const struct task *first)
{
	const struct task *task = first;
	uint64_t flags = 0;

	for (; task; task = first->parent ? TAILQ_NEXT(task, sibling) : NULL)
		if (task->orphaned && task->birth_sid == first->birth_sid)
			flags |= share_flags(task);
	return flags;
}

/* @first is the first of its parent's children in that session. They become ours when the stand-in ends. */
static int fork_orphans(struct restore *restore, struct task *first)
{
	struct clone_args args = {
		.flags = orphans_flags(first),
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

/* --- children that share among themselves what their parent does not have --- */

static void __attribute__((noreturn)) carrier_main(struct restore *restore, const struct task *first)
{
	struct task *task;
	int error = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	TAILQ_FOREACH(task, &first->parent->children, sibling)
		if (!error && task->carrier == first->carrier)
			error = fork_task(restore, task, CLONE_PARENT);
	_exit(error < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* What they share with the parent as well comes through the carrier. */
static uint64_t carrier_flags(const struct task *first)
{
	static const uint64_t flags[SHARE_NR] = { [SHARE_FILES] = CLONE_FILES, [SHARE_FS] = CLONE_FS };
	const struct task *task;
	uint64_t found = 0;

	TAILQ_FOREACH(task, &first->parent->children, sibling)
		for (int kind = 0; kind < SHARE_NR; kind++)
			if (task->carrier == first->carrier && task->share[kind].inherit &&
			    task->share[kind].inherit == sharing_held(first->parent, kind))
				found |= flags[kind];
	return found;
}

static int fork_carried(struct restore *restore, const struct task *first)
{
	struct clone_args args = { .flags = carrier_flags(first), .exit_signal = SIGCHLD };
	pid_t pid = syscall(SYS_clone3, &args, sizeof(args));
	int status;

	if (pid == 0)
		carrier_main(restore, first);
	if (pid < 0)
		return log_errno(errno, "task %d: helper for what it shares with its siblings", first->pid);
	if (waitpid(pid, &status, __WALL) < 0)
		return log_errno(errno, "task %d: helper for what it shares with its siblings", first->pid);
	return status ? -ECHILD : 0;
}

static bool is_first_carried(const struct task *task)
{
	const struct task *other;

	TAILQ_FOREACH(other, &task->parent->children, sibling)
		if (other->carrier == task->carrier)
			return other == task;
	return false;
}

static int fork_child(struct restore *restore, struct task *task, uint64_t flags)
{
	if (task->carrier)
		return is_first_carried(task) ? fork_carried(restore, task) : 0;
	if (!task->orphaned)
		return fork_task(restore, task, flags);
	return is_first_orphan(task) ? fork_orphans(restore, task) : 0;
}

/* Siblings that share our address space, born into the session that we are in now. */
static int fork_siblings(struct restore *restore, struct task *creator, bool early)
{
	struct task *task;
	int error = 0;

	TAILQ_FOREACH(task, &creator->parent->children, sibling)
		if (!error && task->creator == creator && task != creator &&
		    (task->birth_sid != creator->sid) == early)
			error = fork_task(restore, task, CLONE_PARENT);
	return error;
}

int restore_fork_children(struct restore *restore, struct task *parent, bool early)
{
	struct task *child;

	TAILQ_FOREACH(child, &parent->children, sibling) {
		bool now = child->early == early && child->creator == parent;
		int error = now ? fork_child(restore, child, 0) : 0;

		if (error < 0)
			return error;
	}
	return parent->creates_siblings ? fork_siblings(restore, parent, early) : 0;
}

int restore_part(const struct task *task)
{
	static const int flags[SHARE_NR] = { [SHARE_FILES] = CLONE_FILES, [SHARE_FS] = CLONE_FS };

	for (int kind = 0; kind < SHARE_NR; kind++)
		if (task->share[kind].inherit && task->share[kind].inherit != task->share[kind].group &&
		    unshare(flags[kind]) < 0)
			return log_errno(errno, "task %d: what it has only handed on cannot be left", task->pid);
	return 0;
}

static int run_kinds_in_tree(struct restore *restore)
{
	struct task *task;
	int error = 0;

	for (size_t i = 0; i < nr_task_kinds; i++)
		TAILQ_FOREACH(task, &restore->tasks, link)
			if (!error && task_kinds[i]->in_tree)
				error = task_kinds[i]->in_tree(restore, task);
	return error;
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
	restore->stats.forking_time = clock_usec() - start;
	return error;
}

int restore_group_tree(struct restore *restore)
{
	int error = restore_reopen_files(restore);

	if (!error)
		error = restore_stop_if_refused(restore);
	if (!error)
		error = run_kinds_in_tree(restore);
	return error < 0 ? error : stage_run(restore, STAGE_GROUP, restore->nr_tasks);
}

/* Is it alive, and still the process that we made? */
static bool is_ours(const struct created_task *created)
{
	_cleanup_close_ int fd = created->pid > 0 ? proc_open_task(created->pid) : -EBADF;
	struct proc_stat stat;

	if (fd < 0 || proc_read_stat(fd, &stat) < 0 || stat.state == 'X')
		return false;
	/* A leader may have exited while its threads live. */
	if (stat.state == 'Z' && stat.num_threads <= 1)
		return false;
	return !created->start_time || created->start_time == stat.start_time;
}

/* Returns how many there were. */
static unsigned int kill_all(const struct restore_shared *shared)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < shared->nr_tasks; i++) {
		if (!is_ours(&shared->tasks[i]))
			continue;
		kill(shared->tasks[i].pid, SIGKILL);
		nr++;
	}
	/* The orphans are ours, too; elsewhere (the guardian) there is nobody to wait for. */
	for (unsigned int i = 0; i < shared->nr_tasks; i++)
		if (shared->tasks[i].pid > 0)
			waitpid(shared->tasks[i].pid, NULL, WNOHANG | __WALL);
	return nr;
}

void restore_kill_tree(struct restore *restore)
{
	uint64_t deadline = clock_usec() + KILL_TIMEOUT_USEC;

	__atomic_store_n(&restore->shared->failed, 1, __ATOMIC_SEQ_CST);
	/* Again and again: a task that was forking has made one more. */
	while (kill_all(restore->shared) && clock_usec() < deadline)
		usleep(1000);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}
