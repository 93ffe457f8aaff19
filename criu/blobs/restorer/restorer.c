// SPDX-License-Identifier: GPL-2.0-only
/* The last stretch of a restore, run inside each new process: two tables of steps. */
#include <compel/blob/entry.h>

#include <stdbool.h>

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

void wake_all(uint32_t *word)
{
	call(__NR_futex, word, FUTEX_WAKE, 0x7fffffff);
}

/* A leader that had exited, once all who depend on it as it is now are ready. */
static void leave(struct context *context)
{
	__atomic_fetch_add(&context->shared->parked, 1, __ATOMIC_SEQ_CST);
	wake_all(&context->shared->parked);
	wait_for(&context->shared->leave, 1);
	for (;;)
		call(__NR_exit, context->thread->exit_status);
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

/* A guest waits until its host has built the address space for all. */
static void enter_house(struct restorer_task *task)
{
	struct restorer_house *house = (struct restorer_house *)(uintptr_t)task->house;

	if (!house)
		return;
	if (task->nr_guests) {
		wait_for(&house->entered, task->nr_guests);
		return;
	}
	__atomic_fetch_add(&house->entered, 1, __ATOMIC_SEQ_CST);
	wake_all(&house->entered);
	wait_for(&house->complete, 1);
}

/* Steps up to that which opens the house are about the address space. */
#define RUN_UNLESS_GUEST(name)                                                  \
	if (!is_guest(task) || RESTORER_STEP_##name > RESTORER_STEP_open_house) \
	RUN(name)

static bool is_guest(const struct restorer_task *task)
{
	return task->house && !task->nr_guests;
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

	enter_house(task);
#define TASK_STEP(name, text) RUN_UNLESS_GUEST(name)
#include "criu/blobs/restorer/steps.def"
	run_thread_steps(context);
	/* Changes of credentials reset the flag: nobody may change them after it. */
	wait_for(&task->threads_done, task->nr_threads);
	RUN(set_dumpable)
	if (context->thread->exits)
		leave(context);
	park(context);
	return 0;
}
