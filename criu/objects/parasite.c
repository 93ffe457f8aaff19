// SPDX-License-Identifier: GPL-2.0-only
/* Questions to the parasite: they lie at the start of its data area. */
#include "criu/objects/parasite.h"

#include <assert.h>

#include <compel/compel.h>

#include "criu/model/task.h"
#include "criu/util/log.h"

static_assert(sizeof(struct parasite_task) <= PARASITE_DATA_MAX, "the question does not fit");
static_assert(sizeof(struct parasite_thread) <= PARASITE_DATA_MAX, "the question does not fit");
static_assert(sizeof(struct parasite_timers) <= PARASITE_DATA_MAX, "the question does not fit");

int parasite_ask(struct thread *thread, unsigned int command, void *argument, size_t size)
{
	struct compel_process *process = thread->task->compel;
	uint64_t address = compel_data_address(process);
	long value = 0;
	int error = compel_write(process, address, argument, size);

	if (!error)
		error = compel_call(thread->compel, command, 0, &value);
	if (!error && !value)
		error = compel_read(process, address, argument, size);
	if (error < 0)
		return log_fail(error, "task %d: thread %d: parasite: %s", thread->task->pid, thread->tid,
				compel_last_error());
	if (value)
		return log_errno(value, "task %d: thread %d: parasite: the task cannot be asked for its state",
				 thread->task->pid, thread->tid);
	return 0;
}
