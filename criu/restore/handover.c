// SPDX-License-Identifier: GPL-2.0-only
/* The last act: every thread sleeps in its restorer; it is seized, gets its own registers and mask, the restorer is
 * unmapped, and it is let go. Up to the commit a failure ends the tree, from there on the guardian would finish. */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/arch/arch.h"
#include "criu/kernel/proc/open.h"
#include "criu/kernel/proc/stat.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/restore/descriptors.h"
#include "criu/restore/internal.h"
#include "criu/restore/stages.h"
#include "criu/util/cleanup.h"
#include "criu/util/guardian.h"
#include "criu/util/log.h"

#define EXTENDED_MAX (64 * 1024)
#define HOLD_SECONDS 5
#define LEADER_LOOKS 10000
#define LEADER_LOOK_USEC 1000

static uint64_t blocked_of(const struct task *task, unsigned int i)
{
	const CoreEntry *core = task->threads[i].core;

	if (i == 0)
		return core->tc->blk_sigset;
	return core->thread_core->has_blk_sigset ? core->thread_core->blk_sigset : 0;
}

static struct compel_thread *find_thread(struct compel_process *process, pid_t tid)
{
	for (unsigned int i = 0; i < process->nr_threads; i++)
		if (process->threads[i].tid == tid)
			return &process->threads[i];
	return NULL;
}

static int set_home(struct task *task, struct compel_process *process, unsigned int i)
{
	static char extended[EXTENDED_MAX] __attribute__((aligned(64)));
	struct compel_thread *thread = find_thread(process, task->threads[i].tid);
	struct compel_registers registers;
	size_t size = sizeof(extended);
	int error;

	if (!thread)
		return log_fail(-ESRCH, "task %d: thread %d is not there", task->pid, task->threads[i].tid);
	error = arch_load_registers(task->threads[i].core, &registers, extended, &size);
	if (!error)
		error = compel_set_home(thread, &registers, extended, size, blocked_of(task, i));
	if (error < 0)
		return log_fail(error, "task %d: thread %d: registers: %s", task->pid, task->threads[i].tid,
				compel_last_error());
	return 0;
}

static int finish_thread(struct restore *restore, struct task *task, struct thread *thread)
{
	for (size_t i = 0; i < nr_task_kinds; i++) {
		int error = task_kinds[i]->finish_thread ? task_kinds[i]->finish_thread(restore, task, thread) : 0;

		if (error < 0)
			return error;
	}
	return 0;
}

/* --- tasks that come under seccomp: seized before, stopped again after it --- */

static int seize_early(struct restore *restore, const struct task *task)
{
	struct compel_process **process = &restore->processes[task->index];
	int error = compel_seize_process(restore->ledger, task->pid, restore->options->timeout, process);

	if (!error && !compel_suspends_seccomp())
		return log_fail(-EPERM,
				"task %d: its seccomp can be restored only with CAP_SYS_ADMIN in the initial user "
				"namespace",
				task->pid);
	if (!error)
		error = compel_run_process(*process);
	return error < 0 ? log_fail(error, "task %d: %s", task->pid, compel_last_error()) : 0;
}

static void wait_at_rest(void *ledger)
{
	compel_ledger_wait_at_rest(ledger, HOLD_SECONDS);
}

static int pass_gate(struct restore *restore)
{
	unsigned int nr = 0;
	struct task *task;
	int error;

	TAILQ_FOREACH(task, &restore->tasks, link)
		nr += task->ends_under_seccomp ? task->nr_threads : 0;
	if (!nr)
		return 0;
	error = stage_wait_gated(restore, nr);
	TAILQ_FOREACH(task, &restore->tasks, link)
		if (!error && task->ends_under_seccomp)
			error = seize_early(restore, task);
	if (!error && guardian_start_holder(wait_at_rest, restore->ledger, &restore->holder) < 0)
		log_warn("criu is traced: should it be killed at the end, tasks under seccomp could end with it");
	if (!error)
		stage_open_gate(restore);
	return error;
}

/* Its threads wait in a system call that their filters may not allow: should we die, they are to spin instead. */
static int divert_threads(const struct task *task, struct compel_process *process)
{
	for (unsigned int i = 0; i < process->nr_threads; i++) {
		int error = process->threads[i].dead
				    ? 0
				    : compel_divert(&process->threads[i],
						    task->restorer + COMPEL_BLOB_STUB + COMPEL_SPIN_OFFSET);

		if (error < 0)
			return log_fail(error, "task %d: %s", task->pid, compel_last_error());
	}
	return 0;
}

/* --- all tasks --- */

/* All are asked to stop before the first is waited for. */
static int start_seizing(struct restore *restore)
{
	struct task *task;

	TAILQ_FOREACH_REVERSE(task, &restore->tasks, task_list, link) {
		struct compel_process **process = &restore->processes[task->index];
		int error = 0;

		if (task->state != TASK_DEAD && !*process)
			error = compel_seize_start(restore->ledger, task->pid, process);
		if (error < 0)
			return log_fail(error, "task %d: %s", task->pid, compel_last_error());
	}
	return 0;
}

static int stop_task(struct restore *restore, const struct task *task)
{
	struct compel_process *process = restore->processes[task->index];
	unsigned int timeout = restore->options->timeout;
	int error = task->ends_under_seccomp ? compel_stop_process(process, timeout)
					     : compel_seize_finish(process, timeout);

	return error < 0 ? log_fail(error, "task %d: %s", task->pid, compel_last_error()) : 0;
}

static int seize_task(struct restore *restore, struct task *task)
{
	struct compel_process *process;
	int error = stop_task(restore, task);

	if (error < 0)
		return error;
	process = restore->processes[task->index];
	/* A guest leaves it to its host, which goes last. */
	error = (task->vm_owner ? compel_add_foreign : compel_add_unmap)(process, task->restorer,
									 restore_restorer_size(restore, task));
	if (!error && task->state == TASK_STOPPED)
		error = compel_set_stop(process);
	if (error < 0)
		return log_fail(error, "task %d: restorer: %s", task->pid, compel_last_error());
	for (unsigned int i = 0; !error && i < task->nr_threads; i++) {
		if (task->threads[i].dead)
			continue;
		error = set_home(task, process, i);
		if (!error)
			error = finish_thread(restore, task, &task->threads[i]);
	}
	return !error && task->ends_under_seccomp ? divert_threads(task, process) : error;
}

/* Leaders that had exited while others of their threads live. */
static int let_leaders_exit(struct restore *restore)
{
	const struct task *task;
	int error = 0;

	__atomic_store_n(&restore->shared->restorer->leave, 1, __ATOMIC_SEQ_CST);
	stage_wake(&restore->shared->restorer->leave);
	TAILQ_FOREACH(task, &restore->tasks, link) {
		_cleanup_close_ int fd = -EBADF;
		struct proc_stat stat = {};

		if (error || task->state == TASK_DEAD || !task->threads[0].dead)
			continue;
		fd = proc_open_task(task->pid);
		for (int i = 0; !error && stat.state != 'Z' && i < LEADER_LOOKS; i++) {
			error = fd < 0 ? fd : proc_read_stat(fd, &stat);
			if (stat.state != 'Z')
				usleep(LEADER_LOOK_USEC);
		}
		if (error < 0 || stat.state != 'Z')
			return log_errno(error ? error : ETIMEDOUT, "task %d: its leader does not exit", task->pid);
	}
	return 0;
}

static int finish_tasks(struct restore *restore)
{
	struct task *task;
	int error = 0;

	TAILQ_FOREACH(task, &restore->tasks, link)
		for (size_t i = 0; !error && task->state != TASK_DEAD && i < nr_task_kinds; i++)
			if (task_kinds[i]->finish_task)
				error = task_kinds[i]->finish_task(restore, task);
	return error;
}

static int finish_globals(struct restore *restore)
{
	int error = 0;

	for (size_t i = 0; !error && i < nr_global_kinds; i++)
		if (global_kinds[i]->finish)
			error = global_kinds[i]->finish(restore);
	return error;
}

int restore_seize_tree(struct restore *restore)
{
	struct task *task;
	int error;

	restore->processes = arena_array(&restore->arena, struct compel_process *, restore->nr_tasks);
	error = pass_gate(restore);
	if (!error)
		error = stage_wait_parked(restore, restore->nr_threads);
	if (!error)
		error = finish_globals(restore);
	if (!error)
		error = let_leaders_exit(restore);
	if (!error)
		error = start_seizing(restore);
	/* Children first, so that repair comes to guests before their hosts. */
	TAILQ_FOREACH_REVERSE(task, &restore->tasks, task_list, link) {
		if (error < 0)
			break;
		if (task->state != TASK_DEAD)
			error = seize_task(restore, task);
	}
	if (!error)
		error = restore_finish_files(restore);
	if (!error)
		error = finish_tasks(restore);
	if (error < 0)
		restore_drop_tree(restore);
	return error;
}

void restore_drop_tree(struct restore *restore)
{
	for (unsigned int i = 0; restore->processes && i < restore->nr_tasks; i++)
		if (restore->processes[i]) {
			compel_release_process(restore->processes[i], COMPEL_KILL);
			restore->processes[i] = NULL;
		}
}

static enum compel_verdict verdict_of(const struct restore *restore, const struct task *task)
{
	return restore->options->leave_stopped || task->state == TASK_STOPPED ? COMPEL_STOP : COMPEL_RESUME;
}

int restore_hand_over(struct restore *restore)
{
	struct task *task;
	int first_error = 0;

	/* What only the tasks hold must be closed when they close it. */
	restore_close_files(restore);
	compel_ledger_set_verdict(restore->ledger, restore->options->leave_stopped ? COMPEL_STOP : COMPEL_RESUME);
	for (size_t i = 0; i < nr_global_kinds; i++)
		if (global_kinds[i]->commit)
			global_kinds[i]->commit(restore);
	__atomic_store_n(&restore->shared->committed, 1, __ATOMIC_SEQ_CST);
	restore_let_go_files(restore);
	/* Children first: a parent that runs again may at once wait for them. */
	TAILQ_FOREACH_REVERSE(task, &restore->tasks, task_list, link) {
		struct compel_process *process = restore->processes[task->index];
		int error;

		if (!process)
			continue;
		restore->processes[task->index] = NULL;
		if (task->state == TASK_STOPPED && task_core(task)->tc->has_stop_signo)
			process->stop_signal = task_core(task)->tc->stop_signo;
		error = compel_release_process(process, verdict_of(restore, task));
		if (error < 0)
			first_error = log_fail(error, "task %d: handover: %s", task->pid, compel_last_error());
		else if (task->state == TASK_STOPPED)
			restore_settle_stop(restore, task);
	}
	return first_error;
}
