// SPDX-License-Identifier: GPL-2.0-only
/* The arguments of the restorer, laid out where it will run, and the jump into it. One range holds, in this order:
 * code | shared page | arena of arguments | stacks of the threads. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "criu/arch/arch.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/model/arguments.h"
#include "criu/objects/kinds.h"
#include "criu/restore/internal.h"
#include "criu/restore/mappings.h"
#include "criu/restore/stages.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define STACK_SIZE (16 * 1024UL)
/* Room for alignment and for what kinds add of fixed size. */
#define ARENA_SLACK (64 * 1024UL)

extern const char blob_restorer[], blob_restorer_end[];

static size_t code_size(void)
{
	return ROUND_UP((size_t)(blob_restorer_end - blob_restorer), PAGE_SIZE);
}

static size_t queue_size(const SignalQueueEntry *queue)
{
	return queue ? queue->n_signals * sizeof(struct restorer_siginfo) : 0;
}

static size_t arena_size(struct restore *restore, const struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;
	size_t size = sizeof(struct restorer_task) + ARENA_SLACK;

	size += task->nr_mappings * 2 * sizeof(struct restorer_mapping);
	size += queue_size(core->signals_s);
	for (size_t i = 0; i < nr_task_kinds; i++)
		size += task_kinds[i]->room ? task_kinds[i]->room(restore, task) : 0;
	size += task->nr_locks * sizeof(struct restorer_lock) + 64;
	size += core->timers ? core->timers->n_posix * sizeof(struct restorer_posix_timer) : 0;
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		const ThreadCoreEntry *thread = task->threads[i].core->thread_core;

		size += sizeof(struct restorer_thread) + queue_size(thread->signals_p) + 64;
		size += thread->creds ? thread->creds->n_groups * sizeof(uint32_t) + 64 : 0;
	}
	return ROUND_UP(size, PAGE_SIZE);
}

uint64_t restore_restorer_size(struct restore *restore, const struct task *task)
{
	if (task->state == TASK_DEAD)
		return 0;
	return code_size() + PAGE_SIZE + arena_size(restore, task) + task->nr_threads * STACK_SIZE;
}

static int map_range(struct restore *restore, struct task *task)
{
	size_t size = restore_restorer_size(restore, task);
	char *base = mmap((void *)task->restorer, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (base == MAP_FAILED)
		return log_errno(errno, "task %d: room for the restorer", task->pid);
	memcpy(base, blob_restorer, blob_restorer_end - blob_restorer);
	if (mprotect(base, code_size(), PROT_READ | PROT_EXEC) < 0)
		return log_errno(errno, "task %d: restorer cannot be made executable", task->pid);
	/* The page shared with all other restorers moves here and stays when everything else goes. */
	if (mremap(restore->shared->restorer, PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
		   base + code_size()) == MAP_FAILED)
		return log_errno(errno, "task %d: memory shared with the restorers", task->pid);
	task->restorer_size = size;
	restore->arguments.memory = base + code_size() + PAGE_SIZE;
	restore->arguments.size = arena_size(restore, task);
	restore->arguments.used = 0;
	return 0;
}

static int plan_task(struct restore *restore, struct task *task, struct restorer_task *plan)
{
	for (size_t i = 0; i < nr_task_kinds; i++) {
		int error = task_kinds[i]->plan_task ? task_kinds[i]->plan_task(restore, task, plan) : 0;

		if (error < 0)
			return error;
	}
	return 0;
}

static int plan_thread(struct restore *restore, struct task *task, struct thread *thread,
		       struct restorer_thread *plan)
{
	for (size_t i = 0; i < nr_task_kinds; i++) {
		int error = task_kinds[i]->plan_thread ? task_kinds[i]->plan_thread(restore, task, thread, plan)
						       : 0;

		if (error < 0)
			return error;
	}
	return 0;
}

static int plan_threads(struct restore *restore, struct task *task, struct restorer_task *plan)
{
	struct restorer_thread *threads;
	uint64_t stacks = task->restorer + task->restorer_size - task->nr_threads * STACK_SIZE;
	int error = 0;

	threads = arguments_alloc(restore, task->nr_threads * sizeof(*threads), &plan->threads);
	if (!threads)
		return -ENOMEM;
	plan->nr_threads = task->nr_threads;
	for (unsigned int i = 0; !error && i < task->nr_threads; i++) {
		threads[i].stack = stacks + (i + 1) * STACK_SIZE;
		error = plan_thread(restore, task, &task->threads[i], &threads[i]);
	}
	return error;
}

static int plan_mappings(struct restore *restore, struct task *task, struct restorer_task *plan)
{
	struct restorer_mapping *mappings = arguments_alloc(restore, task->nr_mappings * sizeof(*mappings),
							    &plan->mappings);

	if (!mappings)
		return -ENOMEM;
	return restore_plan_restorer_mappings(restore, task, mappings, &plan->nr_mappings);
}

static int plan_all(struct restore *restore, struct task *task, struct restorer_task **ret_plan)
{
	struct restorer_task *plan;
	uint32_t offset;
	int error;

	plan = arguments_alloc(restore, sizeof(*plan), &offset);
	if (!plan)
		return -ENOMEM;
	plan->base = task->restorer;
	plan->size = task->restorer_size;
	restore_staging_range(restore, task, &plan->staging_start, &plan->staging_end);
	plan->shared = task->restorer + code_size();
	plan->vdso_start = restore_vdso_start(task);
	plan->service_fd_base = restore->service_fd_base;
	error = plan_mappings(restore, task, plan);
	if (!error)
		error = plan_threads(restore, task, plan);
	if (!error)
		error = plan_task(restore, task, plan);
	*ret_plan = plan;
	return error;
}

int restore_enter_restorer(struct restore *restore, struct task *task)
{
	struct restorer_task *plan;
	int error = map_range(restore, task);

	if (error < 0)
		return error;
	error = plan_all(restore, task, &plan);
	if (error < 0)
		return log_errno(error, "task %d: arguments of the restorer", task->pid);
	error = arch_unregister_rseq();
	if (error < 0)
		return log_errno(error, "task %d: rseq of the C library cannot be ended", task->pid);
	arch_enter_blob(task->restorer, 0, plan,
			task->restorer + task->restorer_size - (task->nr_threads - 1) * STACK_SIZE);
}
