// SPDX-License-Identifier: GPL-2.0-only
/* The arguments of the restorer, laid out where it will run, and the jump into it. One range holds, in this order:
 * code | shared page | arena of arguments | stacks of the threads. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#include "criu/arch/arch.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/model/arguments.h"
#include "criu/model/sharing.h"
#include "criu/objects/kinds.h"
#include "criu/restore/internal.h"
#include "criu/restore/mappings.h"
#include "criu/restore/stages.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define STACK_SIZE (16 * 1024UL)
/* Room for alignment and for what kinds add of fixed size. */
#define ARENA_SLACK (64 * 1024UL)
#define ARENA_ALIGNMENT 64

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
		size += task->threads[i].nr_fds * sizeof(struct restorer_fd) + 64;
	}
	return ROUND_UP(size, PAGE_SIZE);
}

/* Those of a host and its guests. */
struct needs {
	size_t arena;
	unsigned int nr_stacks;
};

static struct needs needs_of(struct restore *restore, const struct task *host)
{
	struct needs needs = { arena_size(restore, host) + sizeof(struct restorer_house), host->nr_threads };
	const struct task *task;

	if (!host->nr_guests)
		return needs;
	TAILQ_FOREACH(task, &restore->tasks, link) {
		if (task->vm_owner != host)
			continue;
		needs.arena += arena_size(restore, task);
		needs.nr_stacks += task->nr_threads;
	}
	return needs;
}

static size_t shared_size(const struct restore *restore)
{
	size_t size = sizeof(struct restorer_shared) + restore->nr_shared * sizeof(struct restorer_table);

	return ROUND_UP(size, PAGE_SIZE);
}

uint64_t restore_restorer_size(struct restore *restore, const struct task *task)
{
	const struct task *host = task->vm_owner ? task->vm_owner : task;
	struct needs needs;

	if (task->state == TASK_DEAD)
		return 0;
	needs = needs_of(restore, host);
	return code_size() + shared_size(restore) + ROUND_UP(needs.arena, PAGE_SIZE) + needs.nr_stacks * STACK_SIZE;
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
	if (mremap(restore->shared->restorer, shared_size(restore), shared_size(restore),
		   MREMAP_MAYMOVE | MREMAP_FIXED, base + code_size()) == MAP_FAILED)
		return log_errno(errno, "task %d: memory shared with the restorers", task->pid);
	task->restorer_size = size;
	restore->arguments.memory = base + code_size() + shared_size(restore);
	restore->arguments.size = needs_of(restore, task).arena;
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

/* Lowest address of the stacks of the task's threads: those of the host, then those of each guest. */
static uint64_t stacks_of(struct restore *restore, const struct task *task)
{
	const struct task *host = task->vm_owner ? task->vm_owner : task, *other;
	uint64_t stacks = host->restorer + host->restorer_size - needs_of(restore, host).nr_stacks * STACK_SIZE;

	if (host == task)
		return stacks;
	stacks += host->nr_threads * STACK_SIZE;
	TAILQ_FOREACH(other, &restore->tasks, link) {
		if (other == task)
			break;
		if (other->vm_owner == host)
			stacks += other->nr_threads * STACK_SIZE;
	}
	return stacks;
}

static int plan_table(struct restore *restore, const struct thread *thread, struct restorer_thread *plan)
{
	struct restorer_fd *fds;

	plan->own_table = sharing_owns_table(thread);
	if (!plan->own_table || !thread->nr_fds)
		return 0;
	fds = arguments_alloc(restore, thread->nr_fds * sizeof(*fds), &plan->fds);
	if (!fds)
		return -ENOMEM;
	plan->nr_fds = thread->nr_fds;
	for (unsigned int i = 0; i < thread->nr_fds; i++)
		fds[i] = (struct restorer_fd){
			.service = restore_find_file(restore, thread->fds[i].file_id)->fd,
			.fd = thread->fds[i].fd,
			.cloexec = thread->fds[i].cloexec,
		};
	return 0;
}

/* Before the kinds add theirs. */
static int begin_thread(struct restore *restore, const struct thread *thread, struct restorer_thread *plan)
{
	static const uint32_t flags[SHARE_NR] = { [SHARE_FILES] = CLONE_FILES, [SHARE_FS] = CLONE_FS };
	const struct thread *creator = &thread->task->threads[thread->creator];

	plan->creator = thread->creator;
	for (int kind = 0; thread != creator && kind < SHARE_NR; kind++)
		if (thread->ids[kind] != creator->ids[kind])
			plan->unshared |= flags[kind];
	return plan_table(restore, thread, plan);
}

/* What is left of a leader that has exited must not touch memory when it does so again. */
static void end_dead(const struct thread *thread, struct restorer_thread *plan)
{
	if (!thread->dead)
		return;
	plan->robust_list_length = 0;
	plan->clear_child_tid = 0;
	plan->rseq = 0;
	plan->nr_signals = 0;
	plan->altstack_flags = SS_DISABLE;
	plan->exits = 1;
	plan->exit_status = (int32_t)(thread->core->thread_core->exit_code >> 8);
}

static int plan_threads(struct restore *restore, struct task *task, struct restorer_task *plan)
{
	struct restorer_thread *threads;
	uint64_t stacks = stacks_of(restore, task);
	int error = 0;

	threads = arguments_alloc(restore, task->nr_threads * sizeof(*threads), &plan->threads);
	if (!threads)
		return -ENOMEM;
	plan->nr_threads = task->nr_threads;
	for (unsigned int i = 0; !error && i < task->nr_threads; i++) {
		threads[i].stack = stacks + (i + 1) * STACK_SIZE;
		error = begin_thread(restore, &task->threads[i], &threads[i]);
		if (!error)
			error = plan_thread(restore, task, &task->threads[i], &threads[i]);
		threads[i].parts = threads[i].own_table || threads[i].cwd_fd >= 0;
		plan->nr_parting += threads[i].parts;
		end_dead(&task->threads[i], &threads[i]);
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

/* Offsets count from the arguments of each task: what is left of the arena is an arena of its own. */
static void begin_arena(struct restore_arguments *arguments)
{
	size_t used = MIN(ROUND_UP(arguments->used, ARENA_ALIGNMENT), arguments->size);

	arguments->memory += used;
	arguments->size -= used;
	arguments->used = 0;
}

static void plan_sharing(const struct task *task, struct restorer_task *plan)
{
	const struct task *host = task->vm_owner ? task->vm_owner : task;
	const struct share_group *table = task->share[SHARE_FILES].group;

	plan->house = host->nr_guests ? (uintptr_t)host->house : 0;
	plan->nr_guests = task->nr_guests;
	plan->table = table ? (int32_t)table->index : -1;
	plan->nr_borrowers = table && table->first == task ? table->total - 1 : 0;
}

static int plan_all(struct restore *restore, struct task *task, struct restorer_task **ret_plan)
{
	struct restorer_task *plan;
	uint32_t offset;
	int error;

	begin_arena(&restore->arguments);
	plan = arguments_alloc(restore, sizeof(*plan), &offset);
	if (!plan)
		return -ENOMEM;
	plan->base = task->restorer;
	plan->size = task->restorer_size;
	plan_sharing(task, plan);
	restore_staging_range(restore, task, &plan->staging_start, &plan->staging_end);
	plan->shared = task->restorer + code_size();
	plan->vdso_start = task->kernels_own;
	plan->service_fd_base = restore->service_fd_base;
	error = plan_mappings(restore, task, plan);
	if (!error)
		error = plan_threads(restore, task, plan);
	if (!error)
		error = plan_task(restore, task, plan);
	*ret_plan = plan;
	return error;
}

int restore_prepare_restorer(struct restore *restore, struct task *task)
{
	uint32_t offset;
	int error = 0;

	/* A guest's is that of its host. */
	if (task->vm_owner) {
		task->restorer_size = task->vm_owner->restorer_size;
		return 0;
	}
	error = map_range(restore, task);
	if (!error && task->nr_guests)
		task->house = arguments_alloc(restore, sizeof(*task->house), &offset);
	return error;
}

/* The C library has registered its first thread: that is neither a guest nor forked by one. */
static bool has_rseq(const struct task *task)
{
	for (; task; task = task->creator)
		if (task->vm_owner)
			return false;
	return true;
}

int restore_enter_restorer(struct restore *restore, struct task *task,
			   void (*last)(struct restore *restore, const struct task *task))
{
	struct restorer_task *plan;
	int error = plan_all(restore, task, &plan);

	if (error < 0)
		return log_errno(error, "task %d: arguments of the restorer", task->pid);
	error = has_rseq(task) ? arch_unregister_rseq() : 0;
	if (error < 0)
		return log_errno(error, "task %d: rseq of the C library cannot be ended", task->pid);
	last(restore, task);
	arch_enter_blob(task->restorer, 0, plan, stacks_of(restore, task) + STACK_SIZE);
}
