// SPDX-License-Identifier: GPL-2.0-only
/* The last stretch of a restore, run inside each new process: two tables of steps. */
#include <compel/blob/entry.h>

#include "criu/blobs/restorer/internal.h"

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define EXIT_FAILURE 1

void fail(struct context *context, enum restorer_step step, long error)
{
	uint32_t nobody = 0;

	if (__atomic_compare_exchange_n(&context->shared->failed, &nobody, 1, 0, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST)) {
		context->shared->error = error;
		context->shared->error_pid = context->thread->tid;
		context->shared->error_value = context->value;
		__atomic_store_n(&context->shared->error_step, step, __ATOMIC_SEQ_CST);
	}
	call(__NR_futex, &context->shared->parked, FUTEX_WAKE, 0x7fffffff);
	for (;;)
		call(__NR_exit_group, EXIT_FAILURE);
}

void park(struct context *context)
{
	__atomic_fetch_add(&context->shared->parked, 1, __ATOMIC_SEQ_CST);
	call(__NR_futex, &context->shared->parked, FUTEX_WAKE, 0x7fffffff);
	for (;;)
		call(__NR_futex, &context->shared->never, FUTEX_WAIT, 0);
}

void wait_for(uint32_t *counter, uint32_t wanted)
{
	uint32_t now;

	while ((now = __atomic_load_n(counter, __ATOMIC_SEQ_CST)) < wanted)
		call(__NR_futex, counter, FUTEX_WAIT, now);
}

void count_up(uint32_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_SEQ_CST);
	call(__NR_futex, counter, FUTEX_WAKE, 0x7fffffff);
}

#define RUN(name)                                                    \
	do {                                                         \
		long error_ = step_##name(context);                  \
		if (error_ < 0)                                      \
			fail(context, RESTORER_STEP_##name, error_); \
	} while (0);

static void run_thread_steps(struct context *context)
{
#define THREAD_STEP(name, text) RUN(name)
#include "criu/blobs/restorer/steps.def"
	count_up(&context->task->threads_done);
}

void thread_main(struct context *context)
{
	run_thread_steps(context);
	park(context);
}

long entry(unsigned int command, void *argument)
{
	struct restorer_task *task = argument;
	struct context own = {
		.task = task,
		.thread = (struct restorer_thread *)((char *)task + task->threads),
		.shared = (struct restorer_shared *)(uintptr_t)task->shared,
	};
	struct context *context = &own;

#define TASK_STEP(name, text) RUN(name)
#include "criu/blobs/restorer/steps.def"
	run_thread_steps(context);
	/* Changes of credentials reset the flag: nobody may change them after it. */
	wait_for(&task->threads_done, task->nr_threads);
	RUN(set_dumpable)
	park(context);
	return 0;
}
