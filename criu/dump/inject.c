// SPDX-License-Identifier: GPL-2.0-only
/* The parasite's visit: each task is asked once, each thread once, and cured at once. */
#include <compel/compel.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/dump/internal.h"
#include "criu/objects/kinds.h"
#include "criu/objects/parasite.h"
#include "criu/util/log.h"

extern const char blob_parasite[], blob_parasite_end[];

#define PARASITE_STACK (16 * 1024)

static int ask_task(struct dump *dump, struct task *task)
{
	struct parasite_task *answer = arena_new(&dump->arena, struct parasite_task);
	int error = 0;

	for (size_t i = 0; !error && i < nr_task_kinds; i++)
		if (task_kinds[i]->prepare_parasite)
			error = task_kinds[i]->prepare_parasite(dump, task, answer);
	if (!error)
		error = parasite_ask(&task->threads[0], PARASITE_TASK, answer, sizeof(*answer));
	task->parasite = answer;
	for (size_t i = 0; !error && i < nr_task_kinds; i++)
		if (task_kinds[i]->ask_task)
			error = task_kinds[i]->ask_task(dump, task);
	return error;
}

static int ask_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	struct parasite_thread *answer = arena_new(&dump->arena, struct parasite_thread);
	int error = 0;

	for (size_t i = 0; !error && i < nr_task_kinds; i++)
		if (task_kinds[i]->prepare_parasite_thread)
			error = task_kinds[i]->prepare_parasite_thread(dump, task, thread, answer);
	thread->parasite = answer;
	return error < 0 ? error : parasite_ask(thread, PARASITE_THREAD, answer, sizeof(*answer));
}

static int inject_task(struct dump *dump, struct task *task)
{
	struct compel_blob blob = { blob_parasite, blob_parasite_end - blob_parasite };
	int error, cure_error;

	error = compel_inject(task->compel, &blob, PARASITE_DATA_MAX + PARASITE_STACK, 0);
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

int dump_inject(struct dump *dump)
{
	return dump_each_living(dump, inject_task);
}
