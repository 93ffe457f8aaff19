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

/* So many tasks, and so many threads of each, are asked side by side, which hides the time until each runs and stops. */
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

static int ask_task(struct dump *dump, struct task *task, struct parasite_task *question)
{
	uint64_t address = compel_data_address(task->compel) + offsetof(struct parasite_data, task);
	struct compel_thread *speaker = task_live_thread(task)->compel;
	int error = 0;

	for (size_t i = 0; !error && i < nr_task_kinds; i++)
		if (task_kinds[i]->prepare_parasite)
			error = task_kinds[i]->prepare_parasite(dump, task, question);
	if (error < 0)
		return error;
	error = compel_write(task->compel, address, question, sizeof(*question));
	if (!error)
		error = compel_call_start(speaker, PARASITE_TASK, offsetof(struct parasite_data, task),
					  stack_end(0));
	return error < 0 ? call_failed(task, task->pid, error, 0) : 0;
}

static int take_task_answer(struct task *task, struct parasite_task *answer)
{
	uint64_t address = compel_data_address(task->compel) + offsetof(struct parasite_data, task);
	long value = 0;
	int error = compel_call_finish(task_live_thread(task)->compel, &value);

	if (!error && !value)
		error = compel_read(task->compel, address, answer, sizeof(*answer));
	task->parasite = answer;
	return error < 0 || value ? call_failed(task, task->pid, error, value) : 0;
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

static int start_threads(struct dump *dump, struct task *task, unsigned int first, unsigned int *ret_asked)
{
	unsigned int end = MIN(task->nr_threads, first + SIDE_BY_SIDE);
	int error = 0;

	for (*ret_asked = first; !error && *ret_asked < end; *ret_asked += !error) {
		struct thread *thread = &task->threads[*ret_asked];

		error = thread->dead ? 0 : ask_thread(dump, task, thread);
	}
	return error;
}

/* All that were asked are waited for, also when one fails: none is left running. */
static int finish_threads(struct dump *dump, struct task *task, unsigned int first, unsigned int asked, int error)
{
	for (unsigned int i = first; i < asked; i++) {
		int result = task->threads[i].dead ? 0 : take_answer(dump, task, &task->threads[i]);

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
static int inject_blob(struct task *task)
{
	struct compel_blob blob = { blob_parasite, blob_parasite_end - blob_parasite };
	int error;

	tell_seccomp(task);
	error = compel_inject(task->compel, &blob, data_size(task), 0);
	return error < 0 ? log_fail(error, "task %d: parasite: %s", task->pid, compel_last_error()) : 0;
}

/* Tasks that are asked side by side. */
struct group {
	struct task *tasks[SIDE_BY_SIDE];
	struct parasite_task *answers[SIDE_BY_SIDE];
	unsigned int asked[SIDE_BY_SIDE]; /* threads, of the round that is under way */
	unsigned int nr;
};

static int ask_tasks(struct dump *dump, struct group *group)
{
	unsigned int nr = 0;
	int error = 0;

	while (!error && nr < group->nr) {
		group->answers[nr] = arena_new(&dump->arena, struct parasite_task);
		error = inject_blob(group->tasks[nr]);
		error = error ?: ask_task(dump, group->tasks[nr], group->answers[nr]);
		nr += !error;
	}
	for (unsigned int i = 0; i < nr; i++) {
		int result = take_task_answer(group->tasks[i], group->answers[i]);

		error = error < 0 ? error : result;
	}
	for (unsigned int i = 0; !error && i < nr; i++)
		error = ask_more(dump, group->tasks[i]);
	return error;
}

/* The first round of all together; few have more threads. */
static int ask_all_threads(struct dump *dump, struct group *group)
{
	unsigned int started = 0;
	int error = 0;

	for (; !error && started < group->nr; started++)
		error = start_threads(dump, group->tasks[started], 0, &group->asked[started]);
	for (unsigned int i = 0; i < started; i++)
		error = finish_threads(dump, group->tasks[i], 0, group->asked[i], error);
	for (unsigned int i = 0; i < group->nr; i++)
		for (unsigned int first = SIDE_BY_SIDE; !error && first < group->tasks[i]->nr_threads;
		     first += SIDE_BY_SIDE) {
			error = start_threads(dump, group->tasks[i], first, &group->asked[i]);
			error = finish_threads(dump, group->tasks[i], first, group->asked[i], error);
		}
	return error;
}

static bool shares_memory(const struct task *task)
{
	return task->vm_owner || task->nr_guests;
}

static int visit_group(struct dump *dump, struct group *group)
{
	int error = dump_check_cancelled(dump);

	error = error ?: ask_tasks(dump, group);
	error = error ?: ask_all_threads(dump, group);
	if (group->nr && shares_memory(group->tasks[0]))
		error = cure(group->tasks[0], error);
	group->nr = 0;
	return error;
}

/* One that shares its memory with others is visited alone. */
static int inject_task(struct dump *dump, struct task *task, struct group *group)
{
	int error = 0;

	if (group->nr == SIDE_BY_SIDE || (group->nr && shares_memory(task)))
		error = visit_group(dump, group);
	group->tasks[group->nr++] = task;
	return !error && shares_memory(task) ? visit_group(dump, group) : error;
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
	struct group group = { .nr = 0 };
	int error = hold_if_filtered(dump);
	struct task *task;

	TAILQ_FOREACH(task, &dump->tasks, link)
		if (error >= 0 && task->state != TASK_DEAD)
			error = inject_task(dump, task, &group);
	return error < 0 ? error : visit_group(dump, &group);
}
