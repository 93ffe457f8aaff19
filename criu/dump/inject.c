// SPDX-License-Identifier: GPL-2.0-only
/* The parasite's visit: each task is asked once, each thread once. */
#include <errno.h>
#include <stddef.h>

#include <compel/compel.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/dump/internal.h"
#include "criu/kernel/proc/status.h"
#include "criu/objects/kinds.h"
#include "criu/util/guardian.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

extern const char blob_parasite[], blob_parasite_end[];

/* So many threads of a process are asked side by side, which hides the time until each runs and stops. */
#define SIDE_BY_SIDE 16
#define PARASITE_STACK (8 * 1024)
#define HOLD_SECONDS 5

/* One conversation: question and answer, then the stack of the call. */
struct parasite_room {
	struct parasite_thread thread;
	char stack[PARASITE_STACK] __attribute__((aligned(64)));
};

/* The data area of the blob. The question about the task uses the stack of the first room. */
struct parasite_data {
	struct parasite_task task;
	uint64_t room[PARASITE_ROOM / sizeof(uint64_t)]; /* of task_kind.ask */
	struct parasite_room rooms[SIDE_BY_SIDE] __attribute__((aligned(64)));
};

static uint64_t stack_end(unsigned int room)
{
	return offsetof(struct parasite_data, rooms[room].stack) + PARASITE_STACK;
}

static size_t data_size(const struct task *task)
{
	return stack_end(MIN(task->nr_threads, SIDE_BY_SIDE) - 1);
}

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
	struct compel_thread *speaker = task_live_thread(task)->compel;
	long value = 0;
	int error = 0;

	for (size_t i = 0; !error && i < nr_task_kinds; i++)
		if (task_kinds[i]->prepare_parasite)
			error = task_kinds[i]->prepare_parasite(dump, task, answer);
	if (error < 0)
		return error;
	error = compel_write(task->compel, address, answer, sizeof(*answer));
	if (!error)
		error = compel_call_start(speaker, PARASITE_TASK, offsetof(struct parasite_data, task),
					  stack_end(0));
	if (!error)
		error = compel_call_finish(speaker, &value);
	if (!error && !value)
		error = compel_read(task->compel, address, answer, sizeof(*answer));
	if (error < 0 || value)
		return call_failed(task, task->pid, error, value);
	task->parasite = answer;
	return 0;
}

static int ask_more(struct dump *dump, struct task *task)
{
	int error = 0;

	for (size_t i = 0; !error && i < nr_task_kinds; i++)
		if (task_kinds[i]->ask)
			error = task_kinds[i]->ask(dump, task, offsetof(struct parasite_data, room));
	return error;
}

static uint64_t room_offset(const struct thread *thread)
{
	return offsetof(struct parasite_data, rooms[(thread - thread->task->threads) % SIDE_BY_SIDE].thread);
}

static int ask_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	uint64_t offset = room_offset(thread);
	struct parasite_thread question = {};
	int error = 0;

	for (size_t i = 0; !error && i < nr_task_kinds; i++)
		if (task_kinds[i]->prepare_parasite_thread)
			error = task_kinds[i]->prepare_parasite_thread(dump, task, thread, &question);
	if (error < 0)
		return error;
	error = compel_write(task->compel, compel_data_address(task->compel) + offset, &question, sizeof(question));
	if (!error)
		error = compel_call_start(thread->compel, PARASITE_THREAD, offset,
					  stack_end((thread - task->threads) % SIDE_BY_SIDE));
	return error < 0 ? call_failed(task, thread->tid, error, 0) : 0;
}

static int take_answer(struct dump *dump, struct task *task, struct thread *thread)
{
	struct parasite_thread *answer = arena_new(&dump->arena, struct parasite_thread);
	long value = 0;
	int error = compel_call_finish(thread->compel, &value);

	if (!error && !value)
		error = compel_read(task->compel, compel_data_address(task->compel) + room_offset(thread),
				    answer, sizeof(*answer));
	thread->parasite = answer;
	return error < 0 || value ? call_failed(task, thread->tid, error, value) : 0;
}

/* All that were asked are waited for, also when one fails: none is left running. */
static int ask_threads(struct dump *dump, struct task *task, unsigned int first, unsigned int end)
{
	unsigned int asked = first;
	int error = 0, result;

	while (!error && asked < end) {
		error = task->threads[asked].dead ? 0 : ask_thread(dump, task, &task->threads[asked]);
		asked += !error;
	}
	for (unsigned int i = first; i < asked; i++) {
		result = task->threads[i].dead ? 0 : take_answer(dump, task, &task->threads[i]);
		error = error < 0 ? error : result;
	}
	return error;
}

/* What the survey has read need not be read once more. */
static void tell_seccomp(struct task *task)
{
	for (unsigned int i = 0; i < task->nr_threads; i++)
		if (!task->threads[i].dead)
			task->threads[i].compel->under_seccomp = task->threads[i].status->seccomp ? 1 : -1;
}

/* Two processes of one address space would take out of it what the other still needs. */
static int cure(struct task *task, int error)
{
	int cure_error = compel_cure(task->compel);

	if (cure_error < 0 && !error)
		error = log_fail(cure_error, "task %d: cure: %s", task->pid, compel_last_error());
	return error;
}

/* The blob stays until the tree is let go: one that is killed then need not be cured. */
static int inject_task(struct dump *dump, struct task *task)
{
	struct compel_blob blob = { blob_parasite, blob_parasite_end - blob_parasite };
	int error;

	tell_seccomp(task);
	error = compel_inject(task->compel, &blob, data_size(task), 0);

	if (error < 0)
		return log_fail(error, "task %d: parasite: %s", task->pid, compel_last_error());
	error = ask_task(dump, task);
	if (!error)
		error = ask_more(dump, task);
	for (unsigned int i = 0; !error && i < task->nr_threads; i += SIDE_BY_SIDE)
		error = ask_threads(dump, task, i, MIN(task->nr_threads, i + SIDE_BY_SIDE));
	return task->vm_owner || task->nr_guests ? cure(task, error) : error;
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
