// SPDX-License-Identifier: GPL-2.0-only
/* Registers of threads: general ones and the whole extended area. Set at the handover (criu/restore/handover.c). */
#include <compel/compel.h>

#include "criu/arch/arch.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/objects/kinds.h"
#include "criu/util/log.h"

/* The largest area that a processor of today has is some 11 KiB (AMX). */
#define EXTENDED_MAX (64 * 1024)

static int registers_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	static char extended[EXTENDED_MAX];
	ssize_t size;
	int error;

	size = compel_get_extended_registers(thread->compel, extended, sizeof(extended));
	if (size < 0)
		return log_fail(size, "task %d: thread %d: %s", task->pid, thread->tid, compel_last_error());
	error = arch_dump_registers(&dump->arena, &thread->compel->registers, thread->call_number, extended,
				    size, thread->core);
	if (!error)
		error = arch_dump_thread_area(&dump->arena, thread->tid, thread->core);
	if (error < 0)
		return log_errno(error, "task %d: thread %d: registers cannot be read", task->pid, thread->tid);
	return 0;
}

static int registers_load(struct restore *restore, struct task *task)
{
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		const struct thread *thread = &task->threads[i];
		const char *reason = NULL, *missing;

		if (arch_check_registers(thread->core, &reason) < 0) {
			restore_refuse(restore, task, "thread %d: registers: %s", thread->tid, reason);
			continue;
		}
		missing = arch_missing_registers(&restore->arena, thread->core);
		if (missing)
			restore_refuse(restore, task,
				       "thread %d uses registers which this processor lacks: %s; restore it on one "
				       "that has them",
				       thread->tid, missing);
	}
	return 0;
}

static int registers_plan_thread(struct restore *restore, struct task *task, struct thread *thread,
				 struct restorer_thread *ret)
{
	ret->late_features = arch_late_features(thread->core);
	return 0;
}

static int registers_finish_thread(struct restore *restore, struct task *task, struct thread *thread)
{
	int error = arch_restore_thread_area(thread->tid, thread->core);

	if (error < 0)
		return log_errno(error, "task %d: thread %d: thread-local storage cannot be set", task->pid,
				 thread->tid);
	return 0;
}

const struct task_kind registers_kind = {
	.name = "registers",
	.dump_thread = registers_dump_thread,
	.load = registers_load,
	.plan_thread = registers_plan_thread,
	.finish_thread = registers_finish_thread,
};
