// SPDX-License-Identifier: GPL-2.0-only
/* The parasite's visit: each task is asked once, each thread once, and cured at once. */
#include <errno.h>
#include <stddef.h>

#include <compel/compel.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/dump/internal.h"
#include "criu/kernel/proc/status.h"
#include "criu/objects/kinds.h"
#include "criu/util/guardian.h"
#include "criu/util/log.h"

extern const char blob_parasite[], blob_parasite_end[];

/* The data area of the blob: questions and answers, then the stack of its calls. */
struct parasite_data {
	struct parasite_task task;
	struct parasite_thread thread;
};

#define PARASITE_STACK (16 * 1024)
#define HOLD_SECONDS 5

static int call_failed(const struct task *task, pid_t tid, int error, long value)
{
	if (error < 0)
		return log_fail(error, "task %d: thread %d: parasite: %s", task->pid, tid, compel_last_error());
	return log_errno(value, "task %d: thread %d: parasite: the task cannot be asked for its state",
			 task->pid, tid);
}

static int ask_task(struct dump *dump, struct task *task)
{
	uint64_t address = compel_data_address(task->compel) + offsetof(struct parasite_data, task);
	struct parasite_task *answer = arena_new(&dump->arena, struct parasite_task);
	long value = 0;
	int error = 0;

	for (size_t i = 0; !error && i < nr_task_kinds; i++)
		if (task_kinds[i]->prepare_parasite)
			error = task_kinds[i]->prepare_parasite(dump, task, answer);
	if (error < 0)
		return error;
	error = compel_write(task->compel, address, answer, sizeof(*answer));
	if (!error)
		error = compel_call(&task->compel->threads[0], PARASITE_TASK,
				    offsetof(struct parasite_data, task), &value);
	if (!error && !value)
		error = compel_read(task->compel, address, answer, sizeof(*answer));
	if (error < 0 || value)
		return call_failed(task, task->pid, error, value);
	task->parasite = answer;
	return 0;
}

static int ask_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	uint64_t address = compel_data_address(task->compel) + offsetof(struct parasite_data, thread);
	struct parasite_thread *answer = arena_new(&dump->arena, struct parasite_thread);
	long value = 0;
	int error = 0;

	for (size_t i = 0; !error && i < nr_task_kinds; i++)
		if (task_kinds[i]->prepare_parasite_thread)
			error = task_kinds[i]->prepare_parasite_thread(dump, task, thread, answer);
	if (error < 0)
		return error;
	error = compel_write(task->compel, address, answer, sizeof(*answer));
	if (!error)
		error = compel_call(thread->compel, PARASITE_THREAD, offsetof(struct parasite_data, thread), &value);
	if (!error && !value)
		error = compel_read(task->compel, address, answer, sizeof(*answer));
	if (error < 0 || value)
		return call_failed(task, thread->tid, error, value);
	thread->parasite = answer;
	return 0;
}

static int inject_task(struct dump *dump, struct task *task)
{
	struct compel_blob blob = { blob_parasite, blob_parasite_end - blob_parasite };
	int error, cure_error;

	error = compel_inject(task->compel, &blob, sizeof(struct parasite_data) + PARASITE_STACK, 0);
	if (error < 0)
		return log_fail(error, "task %d: parasite: %s", task->pid, compel_last_error());
	error = ask_task(dump, task);
	for (unsigned int i = 0; !error && i < task->nr_threads; i++)
		error = ask_thread(dump, task, &task->threads[i]);
	cure_error = compel_cure(task->compel);
	if (cure_error < 0)
		return log_fail(cure_error, "task %d: cure: %s", task->pid, compel_last_error());
	return error;
}

static bool is_under_seccomp(const struct task *task)
{
	for (unsigned int i = 0; task->state != TASK_DEAD && i < task->nr_threads; i++)
		if (task->threads[i].status->seccomp)
			return true;
	return false;
}

static void wait_at_rest(void *ledger)
{
	compel_ledger_wait_at_rest(ledger, HOLD_SECONDS);
}

/* Seccomp is suspended as long as we live: our system calls in such tasks must not outlive us. */
static int hold_if_filtered(struct dump *dump)
{
	const struct task *task;
	int error;

	TAILQ_FOREACH(task, &dump->tasks, link)
		if (is_under_seccomp(task))
			break;
	if (!task)
		return 0;
	error = guardian_start_holder(wait_at_rest, dump->ledger, &dump->holder);
	if (error < 0)
		log_warn("criu is traced: should it be killed now, tasks under seccomp could end with it");
	return 0;
}

int dump_inject(struct dump *dump)
{
	int error = hold_if_filtered(dump);

	return error < 0 ? error : dump_each_living(dump, inject_task);
}
