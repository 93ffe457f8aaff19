// SPDX-License-Identifier: GPL-2.0-only
/* 32-bit programs on a 64-bit kernel. Whether a program is one is told by the vdso that exec gave it, not by the code
 * that it runs at the moment: any process may switch between 32-bit and 64-bit code by a far jump. */
#include <elf.h>
#include <errno.h>
#include <string.h>

#include <compel/compel.h>

#include "criu/arch/arch.h"
#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/kernel.h"
#include "criu/objects/kinds.h"
#include "criu/objects/memory/memory.h"
#include "criu/util/log.h"

#define HEADER_SIZE (EI_NIDENT + sizeof(Elf32_Half) + sizeof(Elf32_Half))

/* The class of the vdso of @task; *@ret_machine is its EM_*. ELFCLASSNONE: it has none. */
static int vdso_class(const struct task *task, uint16_t *ret_machine)
{
	unsigned char header[HEADER_SIZE];

	*ret_machine = EM_NONE;
	for (unsigned int i = 0; i < task->nr_mappings; i++) {
		const struct mapping *mapping = &task->mappings[i];

		if (!mapping->name || strcmp(mapping->name, "[vdso]") ||
		    compel_read(task->compel, mapping->record->start, header, sizeof(header)) < 0)
			continue;
		memcpy(ret_machine, header + offsetof(Elf32_Ehdr, e_machine), sizeof(*ret_machine));
		return header[EI_CLASS];
	}
	return ELFCLASSNONE;
}

static bool runs_compat(const struct task *task)
{
	for (unsigned int i = 0; i < task->nr_threads; i++)
		if (task->threads[i].compel && !task->threads[i].compel->dead &&
		    compel_is_compat(&task->threads[i].compel->registers))
			return true;
	return false;
}

static int compat_survey(struct dump *dump, const struct task *task)
{
	uint16_t machine;
	int class;

	if (task->state == TASK_DEAD)
		return 0;
	class = vdso_class(task, &machine);
	if (class == ELFCLASS32 && machine == EM_X86_64)
		dump_refuse(dump, task, "is an x32 program, which is not supported; use one for i386 or x86-64");
	else if ((class == ELFCLASS32 || runs_compat(task)) && !kernel_has(dump->kernel, KERNEL_COMPAT_CR))
		dump_refuse(dump, task,
			    "runs 32-bit code, and this kernel has no 32-bit system calls (IA32_EMULATION): its "
			    "state cannot be asked for");
	return 0;
}

/* The first that is called with a task that may be changed. */
static int compat_prepare_parasite(struct dump *dump, struct task *task, struct parasite_task *ret)
{
	uint16_t machine;

	task->is_32bit = vdso_class(task, &machine) == ELFCLASS32;
	if (task->is_32bit)
		log_info("task %d: is a 32-bit program", task->pid);
	return 0;
}

static int compat_dump_task(struct dump *dump, struct task *task)
{
	if (task->state != TASK_DEAD && task->parasite->has_ldt)
		dump_refuse(dump, task,
			    "has segments of its own (a local descriptor table, modify_ldt), which cannot be kept");
	return 0;
}

/* --- restore --- */

static bool is_compat_action(const SaEntry *action)
{
	return action->has_compat_sigaction && action->compat_sigaction;
}

static bool fits(const SaEntry *action)
{
	return action->sigaction <= UINT32_MAX && action->flags <= UINT32_MAX && action->restorer <= UINT32_MAX;
}

static int load_actions(struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;

	for (size_t i = 0; i < core->n_sigactions; i++) {
		if (!is_compat_action(core->sigactions[i]))
			continue;
		task->is_32bit = true;
		if (!fits(core->sigactions[i]))
			return log_fail(-EBADMSG, "image 'core-%d.img': signal action %zu is no 32-bit one",
					task->pid, i);
	}
	return 0;
}

static int load_thread(struct task *task, const struct thread *thread)
{
	const ThreadCoreEntry *core = thread->core->thread_core;

	if (arch_thread_is_compat(thread->core) || core->has_compat_futex_rla)
		task->is_32bit = true;
	if (core->futex_rla_len != ARCH_COMPAT_ROBUST_LENGTH)
		return 0;
	task->is_32bit = true;
	if (core->futex_rla <= UINT32_MAX && !core->has_compat_futex_rla)
		return 0;
	return log_fail(-EBADMSG, "image 'core-%d.img': robust futex list is no 32-bit one", thread->tid);
}

static int compat_load(struct restore *restore, struct task *task)
{
	int error = load_actions(task);

	for (unsigned int i = 0; !error && i < task->nr_threads; i++)
		error = load_thread(task, &task->threads[i]);
	if (!error && (task->is_32bit || task->compat_vdso) && !kernel_has(restore->kernel, KERNEL_COMPAT_CR))
		restore_refuse(restore, task,
			       "is a 32-bit program, and this kernel cannot run those (IA32_EMULATION, ia32_emulation=)");
	return error;
}

static int compat_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	ret->vdso_compat = task->compat_vdso;
	return 0;
}

const struct task_kind compat_kind = {
	.name = "compat",
	.survey = compat_survey,
	.prepare_parasite = compat_prepare_parasite,
	.dump_task = compat_dump_task,
	.load = compat_load,
	.plan_task = compat_plan_task,
};
