// SPDX-License-Identifier: GPL-2.0-only
/* The fields of an address space which are not mappings: code, data, heap, arguments, auxv, exe, dumpable. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "criu/arch/arch.h"
#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/auxv.h"
#include "criu/kernel/proc/link.h"
#include "criu/kernel/proc/stat.h"
#include "criu/kernel/proc/status.h"
#include "criu/kernel/proc/value.h"
#include "criu/model/arguments.h"
#include "criu/objects/kinds.h"
#include "criu/objects/memory/shared-memory.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* Upstream's readers refuse a longer vector: the rest stands in a field of our own. */
#define AUXV_WORDS_IN_IMAGE 44
/* SUID_DUMP_ROOT of linux/sched/coredump.h */
#define DUMPABLE_BY_ROOT 2

static void dump_fields(MmEntry *mm, const struct proc_stat *stat, uint64_t brk)
{
	mm->mm_start_code = stat->start_code;
	mm->mm_end_code = stat->end_code;
	mm->mm_start_data = stat->start_data;
	mm->mm_end_data = stat->end_data;
	mm->mm_start_stack = stat->start_stack;
	mm->mm_start_brk = stat->start_brk;
	mm->mm_brk = brk;
	mm->mm_arg_start = stat->arg_start;
	mm->mm_arg_end = stat->arg_end;
	mm->mm_env_start = stat->env_start;
	mm->mm_env_end = stat->env_end;
}

static int dump_auxv(struct dump *dump, struct task *task)
{
	MmEntry *mm = task->mm;
	struct proc_auxv auxv;
	int error = proc_read_auxv(task->proc_fd, sizeof(uint64_t), &auxv);
	uint64_t *words;

	if (error < 0)
		return log_errno(error, "task %d: auxiliary vector cannot be read", task->pid);
	words = arena_copy(&dump->arena, auxv.words, auxv.count * sizeof(*words));
	mm->mm_saved_auxv = words;
	mm->n_mm_saved_auxv = MIN(auxv.count, AUXV_WORDS_IN_IMAGE);
	mm->saved_auxv_rest = words + mm->n_mm_saved_auxv;
	mm->n_saved_auxv_rest = auxv.count - mm->n_mm_saved_auxv;
	return 0;
}

/* A program without a name in any file system, as fexecve(3) starts it. NULL: the program is another file. */
static int find_memory_program(struct dump *dump, const struct task *task, struct shared_memory **ret_object)
{
	_cleanup_free_ char *link = NULL;
	int error = proc_read_link(task->proc_fd, "exe", &link);
	struct stat st;

	*ret_object = NULL;
	if (error < 0 || strncmp(link, MEMFD_PREFIX, strlen(MEMFD_PREFIX)) != 0 || !proc_cut_deleted(link) ||
	    fstatat(task->proc_fd, "exe", &st, 0) < 0 || st.st_nlink)
		return 0;
	return shared_memory_find(dump, task, "exe", arena_strdup(&dump->arena, link + strlen(MEMFD_PREFIX)),
				  ret_object);
}

static int address_space_survey(struct dump *dump, const struct task *task)
{
	struct shared_memory *program;
	int error;

	if (task->state == TASK_DEAD)
		return 0;
	if (!task->status->has_mm) {
		dump_refuse(dump, task, "has no address space: kernel threads cannot be dumped");
		return 0;
	}
	error = find_memory_program(dump, task, &program);
	return error < 0 || program ? error : dump_survey_path(dump, task, "exe", O_RDONLY);
}

static int dump_program(struct dump *dump, const struct task *task, uint32_t *ret_id)
{
	struct shared_memory *program;
	int error = find_memory_program(dump, task, &program);

	if (error < 0)
		return error;
	if (!program)
		return dump_path_file(dump, task, "exe", O_RDONLY, ret_id);
	*ret_id = shared_memory_program_id(dump, program);
	return 0;
}

static int address_space_dump_task(struct dump *dump, struct task *task)
{
	MmEntry *mm = task->mm;
	int error;

	if (task->state == TASK_DEAD)
		return 0;
	dump_fields(mm, task->stat, task->parasite->brk);
	mm->has_dumpable = 1;
	mm->dumpable = task->parasite->dumpable;
	error = dump_auxv(dump, task);
	return error < 0 ? error : dump_program(dump, task, &mm->exe_file_id);
}

/* 2 (only root may read a core dump) can only be had from the kernel, which sets what fs.suid_dumpable is when ids of
 * a task change (proc(5)). */
static void check_dumpable(struct restore *restore, const struct task *task)
{
	_cleanup_close_ int dir = open("/proc/sys/fs", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int dumpable = task->mm->has_dumpable ? task->mm->dumpable : 1;
	uint64_t here = 0;

	if (dumpable >= 0 && dumpable < DUMPABLE_BY_ROOT)
		return;
	if (dumpable != DUMPABLE_BY_ROOT)
		restore_refuse(restore, task, "dumpable has the impossible value %d", dumpable);
	else if (dir < 0 || proc_read_number(dir, "suid_dumpable", 10, 0, UINT32_MAX, &here) < 0 ||
		 here != DUMPABLE_BY_ROOT)
		restore_refuse(restore, task,
			       "dumpable is 2 (core dumps for root only), which fs.suid_dumpable=%lu does not allow; "
			       "set it to 2 for the restore",
			       (unsigned long)here);
}

static int address_space_load(struct restore *restore, struct task *task)
{
	const MmEntry *mm = task->mm;
	struct file *exe = restore_find_file(restore, mm->exe_file_id);

	if (exe)
		exe->wanted = true;
	else
		restore_refuse(restore, task, "exe: file %u is not in the images", mm->exe_file_id);
	if (mm->n_mm_saved_auxv + mm->n_saved_auxv_rest > PROC_AUXV_MAX)
		restore_refuse(restore, task, "auxiliary vector has %zu words; the kernel takes at most %d",
			       mm->n_mm_saved_auxv + mm->n_saved_auxv_rest, PROC_AUXV_MAX);
	check_dumpable(restore, task);
	if (mm->mm_start_brk > mm->mm_brk || mm->mm_arg_start > mm->mm_arg_end || mm->mm_env_start > mm->mm_env_end)
		restore_refuse(restore, task, "fields of its address space contradict each other");
	return 0;
}

static int plan_auxv(struct restore *restore, const MmEntry *mm, struct restorer_task *ret)
{
	size_t nr = mm->n_mm_saved_auxv + mm->n_saved_auxv_rest;
	uint64_t *words = arguments_alloc(restore, nr * sizeof(*words), &ret->auxv);

	if (!words)
		return -ENOMEM;
	memcpy(words, mm->mm_saved_auxv, mm->n_mm_saved_auxv * sizeof(*words));
	memcpy(words + mm->n_mm_saved_auxv, mm->saved_auxv_rest, mm->n_saved_auxv_rest * sizeof(*words));
	ret->auxv_size = nr * sizeof(*words);
	return 0;
}

static int address_space_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	const MmEntry *mm = task->mm;

	ret->task_size = arch_task_size();
	ret->start_code = mm->mm_start_code;
	ret->end_code = mm->mm_end_code;
	ret->start_data = mm->mm_start_data;
	ret->end_data = mm->mm_end_data;
	ret->start_stack = mm->mm_start_stack;
	ret->start_brk = mm->mm_start_brk;
	ret->brk = mm->mm_brk;
	ret->arg_start = mm->mm_arg_start;
	ret->arg_end = mm->mm_arg_end;
	ret->env_start = mm->mm_env_start;
	ret->env_end = mm->mm_env_end;
	ret->exe_fd = restore_find_file(restore, mm->exe_file_id)->fd;
	ret->dumpable = mm->has_dumpable ? mm->dumpable : 1;
	return plan_auxv(restore, mm, ret);
}

const struct task_kind address_space_kind = {
	.name = "address-space",
	.survey = address_space_survey,
	.dump_task = address_space_dump_task,
	.load = address_space_load,
	.plan_task = address_space_plan_task,
};
