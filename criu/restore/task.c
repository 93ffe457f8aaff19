// SPDX-License-Identifier: GPL-2.0-only
/* A new process, from its first breath until it enters the restorer: memory, children, session, group, descriptors. */
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/model/sessions.h"
#include "criu/model/sharing.h"
#include "criu/objects/kinds.h"
#include "criu/objects/namespace/namespaces.h"
#include "criu/options/options.h"
#include "criu/restore/descriptors.h"
#include "criu/restore/guest.h"
#include "criu/restore/internal.h"
#include "criu/restore/mappings.h"
#include "criu/restore/stages.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/wait-status.h"

/* The numbers below the service range belong to the task. */
static void log_keep_out_of_the_way(struct restore *restore)
{
	int fd = dup(log_get_fd());

	fd = fd < 0 ? fd : restore_service_fd(restore, fd);
	if (fd < 0 || log_open_fd(fd) < 0)
		log_set_level(LOG_LEVEL_NONE);
}

static void note_birth(struct created_task *created, pid_t pid)
{
	_cleanup_close_ int fd = proc_open_task(pid);
	struct proc_stat stat;

	if (fd >= 0 && proc_read_stat(fd, &stat) == 0)
		created->start_time = stat.start_time;
	created->pid = pid;
}

static void begin(struct restore *restore, struct task *task)
{
	const struct options *options = restore->options;
	char prefix[LOG_PREFIX_SIZE];
	sigset_t all;

	note_birth(&restore->shared->tasks[task->index], task->pid);
	snprintf(prefix, sizeof(prefix), "%d: ", task->pid);
	log_set_prefix(prefix);
	if (options->log_pid && options->log_file && !task->vm_owner && !task->share[SHARE_FILES].inherit &&
	    log_open_for_pid(restore->work_dir, options->log_file, task->pid) < 0)
		log_warn("log '%s.%d' cannot be opened", options->log_file, task->pid);
	/* Where the number of the log is that of the task which forked this one, it is out of the way already. */
	if (!task->vm_owner && !task->share[SHARE_FILES].inherit)
		log_keep_out_of_the_way(restore);
	log_debug("task made by process %d", getppid());
	/* Until the handover nothing may interrupt, and without a parent there is nobody to finish it. The stand-in that
	 * forked an orphaned task ends at once. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (!task->orphaned)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static bool leads_group(const struct task *task)
{
	return task->pgid == task->pid;
}

static bool group_has_leader(const struct restore *restore, pid_t pgid)
{
	const struct task *task;

	TAILQ_FOREACH(task, &restore->tasks, link)
		if (task->pid == pgid)
			return true;
	return false;
}

/* The leader of a group may have died: the first member of the group makes one for the time being. */
bool restore_owns_group_helper(const struct restore *restore, const struct task *task)
{
	const struct task *other;

	if (session_is_outside(&restore->tasks, task) || group_has_leader(restore, task->pgid) ||
	    task->pgid == task->sid)
		return false;
	TAILQ_FOREACH(other, &restore->tasks, link)
		if (other->pgid == task->pgid)
			return other == task;
	return false;
}

static int fork_group_helper(struct restore *restore, const struct task *task, pid_t *ret_helper)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&task->pgid,
		.set_tid_size = 1,
	};
	pid_t us = getpid(), pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		return log_errno(errno, "task %d: leader %d of its process group cannot be created",
				 task->pid, task->pgid);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == us)
			pause();
		_exit(EXIT_FAILURE);
	}
	if (setpgid(pid, pid) < 0)
		return log_errno(errno, "process group %d cannot be made", pid);
	*ret_helper = pid;
	return 0;
}

static int begin_session(struct restore *restore, struct task *task)
{
	int error = 0;

	if (setsid() < 0)
		return log_errno(errno, "task %d: session cannot be founded", task->pid);
	for (size_t i = 0; !error && i < nr_task_kinds; i++)
		if (task_kinds[i]->in_session)
			error = task_kinds[i]->in_session(restore, task);
	return error;
}

static int found_session(struct restore *restore, struct task *task)
{
	if (task->sid == task->pid)
		return begin_session(restore, task);
	if ((leads_group(task) || group_is_left(&restore->tasks, task)) && setpgid(0, 0) < 0)
		return log_errno(errno, "task %d: process group cannot be made", task->pid);
	return 0;
}

static int join_group(struct restore *restore, const struct task *task)
{
	/* With --shell-job what was outside stays so: session and group are those of the shell that runs criu. */
	bool outside = !group_has_leader(restore, task->pgid) && session_is_outside(&restore->tasks, task);

	if (leads_group(task) || outside || getpgrp() == task->pgid)
		return 0;
	if (setpgid(0, task->pgid) < 0)
		return log_errno(errno, "task %d: process group %d cannot be joined", task->pid, task->pgid);
	return 0;
}

static void end_helper(pid_t helper)
{
	if (!helper)
		return;
	kill(helper, SIGKILL);
	waitpid(helper, NULL, __WALL);
}

/* A zombie: dies the way it did. */
static void __attribute__((noreturn)) die(const struct task *task)
{
	prctl(PR_SET_NAME, task_core(task)->tc->comm);
	wait_status_end(task_core(task)->tc->exit_code, !task->vm_owner);
}

/* Zombies among the children are complete only when they have died: their SIGCHLD is dropped later. */
static int wait_for_dead_children(const struct task *task)
{
	const struct task *child;

	TAILQ_FOREACH(child, &task->children, sibling) {
		siginfo_t info;

		if (child->state == TASK_DEAD && waitid(P_PID, child->pid, &info, WEXITED | WNOWAIT | __WALL) < 0)
			return log_errno(errno, "task %d: end of zombie %d", task->pid, child->pid);
	}
	return 0;
}

static int run_kinds(struct restore *restore, struct task *task)
{
	for (size_t i = 0; i < nr_task_kinds; i++) {
		int error = task_kinds[i]->in_task ? task_kinds[i]->in_task(restore, task) : 0;

		if (error < 0)
			return error;
	}
	return 0;
}

static int run_births(struct restore *restore, struct task *task)
{
	int error = 0;

	for (size_t i = 0; !error && i < nr_task_kinds && task->state != TASK_DEAD; i++)
		error = task_kinds[i]->in_birth ? task_kinds[i]->in_birth(restore, task) : 0;
	return error;
}

/* Memory comes first: children share it by being forked. */
static int become_parent(struct restore *restore, struct task *task, pid_t *ret_helper)
{
	int error = task->state == TASK_DEAD || task->vm_owner ? 0 : restore_fill_task(restore, task);

	if (!error)
		error = restore_fork_children(restore, task, true);
	if (!error)
		error = found_session(restore, task);
	if (!error && restore_owns_group_helper(restore, task))
		error = fork_group_helper(restore, task, ret_helper);
	if (!error)
		error = restore_fork_children(restore, task, false);
	if (!error)
		error = restore_part(task);
	return error < 0 ? error : run_births(restore, task);
}

/* A guest waits by ending its turn: then its host goes on, which waits for all. */
static int finish_stage(struct restore *restore, struct task *task, enum restore_stage stage)
{
	int error;

	if (task->vm_owner) {
		stage_arrive(restore);
		return guest_end_turn(restore, task);
	}
	error = stage_finish(restore, stage);
	if (!error && stage == STAGE_FORK)
		error = guest_give_turns(restore, task);
	return error;
}

/* Who shares our table or directories opens files and looks names up until it is in its restorer: only then they
 * become what they are to be. */
static int wait_for_borrowers(struct restore *restore, const struct task *task)
{
	int error = 0;

	for (int kind = 0; !error && kind < SHARE_NR; kind++)
		if (task->share[kind].group && !sharing_borrows(task, kind))
			error = stage_wait_settled(restore, task->share[kind].group);
	return error;
}

static void settle(struct restore *restore, const struct task *task)
{
	for (int kind = 0; kind < SHARE_NR; kind++)
		if (sharing_borrows(task, kind))
			stage_settle(restore, task->share[kind].group);
}

static int furnish(struct restore *restore, struct task *task)
{
	int error = restore_prepare_restorer(restore, task);

	if (!error)
		error = guest_see_in(restore, task);
	if (!error)
		error = wait_for_dead_children(task);
	if (!error)
		error = wait_for_borrowers(restore, task);
	if (!error)
		error = restore_place_descriptors(restore, task);
	if (!error)
		error = run_kinds(restore, task);
	return error;
}

static int build(struct restore *restore, struct task *task)
{
	/* It keeps its group until the others have joined that. */
	bool left = group_is_left(&restore->tasks, task);
	pid_t helper = 0;
	int error = task == restore->root ? namespaces_join(restore) : 0;

	if (!error)
		error = become_parent(restore, task, &helper);
	if (!error)
		error = finish_stage(restore, task, STAGE_FORK);
	if (!error && !left)
		error = join_group(restore, task);
	if (!error)
		error = finish_stage(restore, task, STAGE_GROUP);
	if (!error && left)
		error = join_group(restore, task);
	if (error < 0)
		return error;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	end_helper(helper);
	if (task->state == TASK_DEAD)
		die(task);
	error = furnish(restore, task);
	return error < 0 ? error : restore_enter_restorer(restore, task, settle);
}

void restore_task_main(struct restore *restore, struct task *task)
{
	begin(restore, task);
	build(restore, task);
	stage_fail(restore);
	_exit(EXIT_FAILURE);
}
