// SPDX-License-Identifier: GPL-2.0-only
/* Records of tasks: core of each thread, ids, mm, fs, and the tree. */
#include <errno.h>
#include <time.h>

#include "pstree.pb-c.h"
#include "timens.pb-c.h"

#include "criu/arch/arch.h"
#include "criu/dump/internal.h"
#include "criu/image/file.h"
#include "criu/kernel/proc/stat.h"
#include "criu/model/sharing.h"
#include "criu/objects/kinds.h"
#include "criu/util/log.h"
#include "criu/util/progress.h"

static int write_single(struct dump *dump, enum image_kind kind, unsigned long argument,
			const ProtobufCMessage *message)
{
	struct image_file *file = NULL;
	int error, close_error;

	error = image_create(dump->images, kind, argument, &file);
	if (!error)
		error = image_write_record(file, message);
	close_error = image_close(file);
	if (!error)
		error = close_error;
	if (error < 0)
		return log_errno(error, "image '%s' %lu cannot be written", image_type(kind)->name, argument);
	return 0;
}

static void begin_thread(struct dump *dump, struct thread *thread)
{
	ThreadCoreEntry *core = arena_new(&dump->arena, ThreadCoreEntry);

	thread_core_entry__init(core);
	core->has_files_id = thread_has_own(thread, SHARE_FILES);
	core->files_id = core->has_files_id ? thread->ids[SHARE_FILES] : 0;
	core->has_fs_id = thread_has_own(thread, SHARE_FS);
	core->fs_id = core->has_fs_id ? thread->ids[SHARE_FS] : 0;
	thread->core->thread_core = core;
}

static void begin_task(struct dump *dump, struct task *task)
{
	TaskCoreEntry *core = arena_new(&dump->arena, TaskCoreEntry);

	task_core_entry__init(core);
	task_core(task)->mtype = arch_machine();
	task_core(task)->tc = core;
	if (task->state == TASK_DEAD)
		return;
	task->mm = arena_new(&dump->arena, MmEntry);
	mm_entry__init(task->mm);
	task->mm->vmas = arena_array(&dump->arena, VmaEntry *, task->nr_mappings);
	task->mm->guards = arena_array(&dump->arena, VmaEntry *, task->nr_mappings);
	for (unsigned int i = 0; i < task->nr_threads; i++)
		begin_thread(dump, &task->threads[i]);
}

static int fill_mappings(struct dump *dump, struct task *task)
{
	for (unsigned int i = 0; task->state != TASK_DEAD && i < task->nr_mappings; i++) {
		struct mapping *mapping = &task->mappings[i];
		int error = mapping->kind->dump(dump, task, mapping);

		if (error < 0)
			return error;
		if (mapping->kind->left_out)
			continue;
		if (mapping->kind->within)
			task->mm->guards[task->mm->n_guards++] = mapping->record;
		else
			task->mm->vmas[task->mm->n_vmas++] = mapping->record;
	}
	return 0;
}

static int fill_threads(struct dump *dump, struct task *task, const struct task_kind *kind)
{
	for (unsigned int i = 0; kind->dump_thread && task->state != TASK_DEAD && i < task->nr_threads; i++) {
		int error = task->threads[i].dead ? 0 : kind->dump_thread(dump, task, &task->threads[i]);

		if (error < 0)
			return error;
	}
	return 0;
}

/* Of a leader that has exited nothing is left but its name, its exit code and what all threads have in common. */
static void fill_dead_leader(struct dump *dump, struct task *task)
{
	const CoreEntry *living = task_live_thread(task)->core;
	ThreadCoreEntry *thread = arena_copy(&dump->arena, living->thread_core, sizeof(*thread));
	TaskCoreEntry *tc = task_core(task)->tc;

	*task_core(task) = *living;
	task_core(task)->tc = tc;
	task_core(task)->thread_core = thread;
	thread->futex_rla = thread->futex_rla_len = 0;
	thread->sas = NULL;
	thread->signals_p = NULL;
	thread->rseq_entry = NULL;
	thread->has_pdeath_sig = 0;
	thread->has_files_id = thread->has_fs_id = 0;
	thread->fs = NULL;
	thread->comm = arena_strdup(&dump->arena, task->threads[0].stat->comm);
	thread->has_exit_code = 1;
	thread->exit_code = (uint32_t)task->threads[0].stat->exit_code;
}

static int fill_task(struct dump *dump, struct task *task)
{
	begin_task(dump, task);
	for (size_t i = 0; i < nr_task_kinds; i++) {
		int error = task_kinds[i]->dump_task ? task_kinds[i]->dump_task(dump, task) : 0;

		if (!error)
			error = fill_threads(dump, task, task_kinds[i]);
		if (error < 0)
			return error;
	}
	if (task->state != TASK_DEAD && task->threads[0].dead)
		fill_dead_leader(dump, task);
	return fill_mappings(dump, task);
}

static int write_task(struct dump *dump, struct task *task)
{
	int error = 0;

	for (unsigned int i = 0; !error && i < task->nr_threads; i++)
		error = write_single(dump, IMAGE_CORE, task->threads[i].tid, &task->threads[i].core->base);
	if (error || task->state == TASK_DEAD)
		return error;
	error = write_single(dump, IMAGE_IDS, task->pid, &task->ids->base);
	if (!error)
		error = write_single(dump, IMAGE_MM, task->pid, &task->mm->base);
	return error < 0 ? error : write_single(dump, IMAGE_FS, task->pid, &task->fs->base);
}

static int write_tree_entry(struct dump *dump, const struct task *task, struct image_file *file)
{
	PstreeEntry entry = PSTREE_ENTRY__INIT;
	uint32_t *threads = arena_array(&dump->arena, uint32_t, task->nr_threads);

	for (unsigned int i = 0; i < task->nr_threads; i++)
		threads[i] = task->state == TASK_DEAD ? 0 : task->threads[i].tid;
	entry.pid = task->pid;
	entry.ppid = task->ppid;
	entry.pgid = task->pgid;
	entry.sid = task->sid;
	entry.threads = threads;
	entry.n_threads = task->nr_threads;
	return image_write_record(file, &entry.base);
}

static int write_tree(struct dump *dump)
{
	struct image_file *file = NULL;
	struct task *task;
	int error, close_error;

	error = image_create(dump->images, IMAGE_PSTREE, 0, &file);
	if (error < 0)
		return log_errno(error, "image of the process tree cannot be written");
	TAILQ_FOREACH(task, &dump->tasks, link)
		if (!error)
			error = write_tree_entry(dump, task, file);
	close_error = image_close(file);
	if (!error)
		error = close_error;
	return error < 0 ? log_errno(error, "image of the process tree cannot be written") : 0;
}

static void read_clock(clockid_t clock, Timespec *ret)
{
	struct timespec now;

	clock_gettime(clock, &now);
	ret->tv_sec = now.tv_sec;
	ret->tv_nsec = now.tv_nsec;
}

static int write_clocks(struct dump *dump)
{
	Timespec monotonic = TIMESPEC__INIT, boottime = TIMESPEC__INIT;
	TimensEntry entry = TIMENS_ENTRY__INIT;

	read_clock(CLOCK_MONOTONIC, &monotonic);
	read_clock(CLOCK_BOOTTIME, &boottime);
	entry.monotonic = &monotonic;
	entry.boottime = &boottime;
	return write_single(dump, IMAGE_TIMENS, 0, &entry.base);
}

int dump_tasks(struct dump *dump)
{
	struct task *task;
	unsigned int done = 0;
	int error;

	progress_start(&dump->progress, "dump", PROGRESS_TASKS, dump->nr_tasks);
	TAILQ_FOREACH(task, &dump->tasks, link) {
		error = dump_check_cancelled(dump);
		if (!error)
			error = fill_task(dump, task);
		if (!error)
			error = dump_stop_if_refused(dump);
		if (!error)
			error = write_task(dump, task);
		if (error < 0)
			return error;
		log_info("task %d (%s): state written (%u of %u)", task->pid, task->stat->comm, ++done,
			 dump->nr_tasks);
		progress_add(&dump->progress, 1);
	}
	progress_end(&dump->progress);
	error = write_tree(dump);
	return error < 0 ? error : write_clocks(dump);
}
