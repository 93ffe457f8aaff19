// SPDX-License-Identifier: GPL-2.0-only
/* Freezing the tree and reading of each task and thread what /proc tells about it as a whole. */
#include "criu/collect/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/collect/freezer.h"
#include "criu/collect/sleeps.h"
#include "criu/collect/waits.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/kernel/proc/status.h"
#include "criu/model/dump.h"
#include "criu/options/options.h"
#include "criu/util/clock.h"
#include "criu/util/log.h"

static void report_freezing(void *argument, unsigned int nr_processes, unsigned int nr_threads)
{
	log_debug("freezing: %u processes, %u threads", nr_processes, nr_threads);
}

int collect_freeze(struct dump *dump)
{
	struct compel_seize_options options = {
		.timeout_sec = dump->options->timeout,
		.progress = report_freezing,
		.argument = dump->freezer,
		.look = waits_look,
		.look_argument = dump->waits = waits_new(),
	};
	uint64_t start = clock_usec();
	int error = freezer_find(dump->freezer, dump->options->tree, dump->options->freeze_cgroup);

	if (!error && freezer_is_set(dump->freezer)) {
		options.thaw = freezer_thaw;
		options.freeze = freezer_put_back;
		error = freezer_freeze(dump->freezer, dump->options->timeout);
	}
	if (error < 0)
		return error;
	error = compel_seize_tree(dump->ledger, dump->options->tree, &options, &dump->tree);
	if (error < 0) {
		freezer_put_back(dump->freezer);
		return log_fail(error, "freeze: %s", compel_last_error());
	}
	dump->frozen_since = clock_usec();
	dump->stats.freezing_time = dump->frozen_since - start;
	log_info("frozen: %u processes, %u threads", dump->tree->nr_processes, dump->tree->nr_threads);
	return 0;
}

void collect_thaw(struct dump *dump)
{
	int error;

	if (!dump->tree)
		return;
	collect_resume_sleeps(dump);
	error = compel_release_tree(dump->tree, COMPEL_RESUME);
	dump->tree = NULL;
	if (error < 0)
		log_error("thaw: %s", compel_last_error());
}

static struct task *find_task(const struct dump *dump, pid_t pid)
{
	struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		if (task->pid == pid)
			return task;
	return NULL;
}

static int collect_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	_cleanup_close_ int fd = -EBADF;
	int error;

	thread->task = task;
	thread->dead = thread->compel && thread->compel->dead;
	thread->core = arena_new(&dump->arena, CoreEntry);
	core_entry__init(thread->core);
	thread->stat = arena_new(&dump->arena, struct proc_stat);
	thread->status = arena_new(&dump->arena, struct proc_status);
	fd = proc_open_thread(task->proc_fd, thread->tid);
	if (fd < 0)
		return log_errno(fd, "task %d: thread %d cannot be looked at", task->pid, thread->tid);
	error = proc_read_stat(fd, thread->stat);
	if (!error)
		error = proc_read_status(fd, thread->status);
	if (error < 0)
		return log_errno(error, "task %d: thread %d: stat and status cannot be read", task->pid,
				 thread->tid);
	return 0;
}

static int collect_threads(struct dump *dump, struct task *task)
{
	struct compel_process *process = task->compel;
	int error;

	task->nr_threads = process->state == COMPEL_ZOMBIE ? 1 : process->nr_threads;
	task->threads = arena_array(&dump->arena, struct thread, task->nr_threads);
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		struct thread *thread = &task->threads[i];

		thread->tid = task->pid;
		if (process->state != COMPEL_ZOMBIE) {
			thread->tid = process->threads[i].tid;
			thread->compel = &process->threads[i];
		}
		error = collect_thread(dump, task, thread);
		if (error < 0)
			return error;
	}
	task->stat = task_live_thread(task)->stat;
	task->status = task_live_thread(task)->status;
	dump->nr_threads += task->nr_threads;
	return 0;
}

/* Memory and descriptors are not to be seen in the entry of a leader that has exited: any thread has one like it. */
static int open_proc(const struct compel_process *process)
{
	bool dead = process->state != COMPEL_ZOMBIE && process->nr_threads > 1 && process->threads[0].dead;

	return proc_open_task(dead ? process->threads[1].tid : process->pid);
}

static int collect_task(struct dump *dump, struct compel_process *process)
{
	static const enum task_state states[] = {
		[COMPEL_ALIVE] = TASK_ALIVE,
		[COMPEL_ZOMBIE] = TASK_DEAD,
		[COMPEL_STOPPED] = TASK_STOPPED,
	};
	struct task *task = arena_new(&dump->arena, struct task);
	int error;

	TAILQ_INIT(&task->children);
	task->compel = process;
	task->pid = process->pid;
	task->state = states[process->state];
	task->parent = find_task(dump, process->ppid);
	task->proc_fd = open_proc(process);
	if (task->proc_fd < 0)
		return log_errno(task->proc_fd, "task %d: /proc entry cannot be opened", task->pid);
	TAILQ_INSERT_TAIL(&dump->tasks, task, link);
	if (task->parent)
		TAILQ_INSERT_TAIL(&task->parent->children, task, sibling);
	task->ppid = task->parent ? task->parent->pid : 0;
	dump->nr_tasks++;
	error = collect_threads(dump, task);
	if (error < 0)
		return error;
	task->pgid = task->stat->pgrp;
	task->sid = task->stat->sid;
	return 0;
}

int collect_tree(struct dump *dump)
{
	int error;

	for (unsigned int i = 0; i < dump->tree->nr_processes; i++) {
		error = collect_task(dump, dump->tree->processes[i]);
		if (error < 0)
			return error;
	}
	return 0;
}
