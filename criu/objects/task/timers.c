// SPDX-License-Identifier: GPL-2.0-only
/* Interval timers (setitimer) and POSIX timers with their ids. Armed by the restorer, last. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include <compel/compel.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/timers.h"
#include "criu/objects/kinds.h"
#include "criu/model/arguments.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* A negative clock id is the pid, inverted, above three bits that say of what it is. */
#define CLOCK_PID_SHIFT 3
#define CLOCK_OF_THREAD 4
#define CLOCK_KIND_MASK 3
#define CLOCK_KIND_DEVICE 3

const struct task_kind timers_kind;

static ItimerEntry *dump_itimer(struct dump *dump, const struct parasite_itimer *timer)
{
	ItimerEntry *entry = arena_new(&dump->arena, ItimerEntry);

	itimer_entry__init(entry);
	entry->isec = timer->interval_sec;
	entry->iusec = timer->interval_usec;
	entry->vsec = timer->value_sec;
	entry->vusec = timer->value_usec;
	return entry;
}

static PosixTimerEntry *dump_posix_timer(struct dump *dump, const struct proc_timer *timer,
					 const struct parasite_posix_timer *state)
{
	PosixTimerEntry *entry = arena_new(&dump->arena, PosixTimerEntry);

	posix_timer_entry__init(entry);
	entry->it_id = timer->id;
	entry->clock_id = timer->clock;
	entry->si_signo = timer->signal;
	entry->it_sigev_notify = timer->notify;
	entry->sival_ptr = timer->value;
	entry->overrun = state->overrun;
	entry->isec = state->interval_sec;
	entry->insec = state->interval_nsec;
	entry->vsec = state->value_sec;
	entry->vnsec = state->value_nsec;
	if (timer->notify & SIGEV_THREAD_ID) {
		entry->has_notify_thread_id = 1;
		entry->notify_thread_id = timer->target;
	}
	return entry;
}

static const struct task *find_task(const struct task_list *tasks, pid_t pid)
{
	const struct task *task;

	TAILQ_FOREACH(task, tasks, link)
		if (task->pid == pid && task->state != TASK_DEAD)
			return task;
	return NULL;
}

static bool has_thread(const struct task *task, pid_t tid)
{
	for (unsigned int i = 0; i < task->nr_threads; i++)
		if (task->threads[i].tid == tid)
			return true;
	return false;
}

/* Why a timer of @task by @clock cannot be made again, or NULL. Negative clocks name a process or thread
 * (include/linux/posix-timers.h); that of "the thread itself" is that of the one which made the timer, and nobody tells
 * which it was. */
static const char *clock_refusal(const struct task_list *tasks, const struct task *task, int clock)
{
	pid_t pid = ~(clock >> CLOCK_PID_SHIFT);

	if (clock >= 0 && clock != CLOCK_THREAD_CPUTIME_ID)
		return NULL;
	if (clock < 0 && (clock & CLOCK_KIND_MASK) == CLOCK_KIND_DEVICE)
		return "it counts by the clock of a device";
	if (clock >= 0 || (pid == 0 && (clock & CLOCK_OF_THREAD)))
		return task->nr_threads == 1 ? NULL : "which thread's CPU time it counts cannot be told";
	if (pid == 0)
		return NULL;
	if (clock & CLOCK_OF_THREAD)
		return has_thread(task, pid) ? NULL : "the thread whose CPU time it counts has ended";
	return find_task(tasks, pid) ? NULL : "the process whose CPU time it counts is not in the tree";
}

/* What the parasite said, in the order of /proc/PID/timers. */
struct timer_states {
	struct parasite_posix_timer *items;
	size_t count;
	bool none; /* as the survey has found */
};

static struct timer_states *timer_states(struct dump *dump, const struct task *task)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &timers_kind, task->pid,
			      sizeof(struct timer_states), NULL);
}

static int timers_survey(struct dump *dump, const struct task *task)
{
	_cleanup_proc_timers_ struct proc_timers timers = {};
	int error;

	if (task->state == TASK_DEAD)
		return 0;
	error = proc_read_timers(task->proc_fd, &timers);
	if (error < 0)
		return log_errno(error, "task %d: POSIX timers cannot be read", task->pid);
	timer_states(dump, task)->none = !timers.count;
	for (size_t i = 0; i < timers.count; i++) {
		const char *reason = clock_refusal(&dump->tasks, task, timers.items[i].clock);

		if (reason)
			dump_refuse(dump, task, "POSIX timer %d: %s; delete it before the dump",
				    timers.items[i].id, reason);
	}
	return 0;
}

static int ask_batch(struct task *task, uint64_t room, struct parasite_timers *batch)
{
	uint64_t address = compel_data_address(task->compel) + room;
	long value = 0;
	int error = compel_write(task->compel, address, batch, sizeof(*batch));

	_Static_assert(sizeof(*batch) <= PARASITE_ROOM, "the question needs more room");
	if (!error)
		error = compel_call(task_live_thread(task)->compel, PARASITE_TIMERS, room, &value);
	if (!error && !value)
		error = compel_read(task->compel, address, batch, sizeof(*batch));
	if (error < 0)
		return log_fail(error, "task %d: POSIX timers: %s", task->pid, compel_last_error());
	return value ? log_errno(value, "task %d: POSIX timers cannot be read", task->pid) : 0;
}

static int timers_ask(struct dump *dump, struct task *task, uint64_t room)
{
	struct timer_states *states = timer_states(dump, task);
	_cleanup_proc_timers_ struct proc_timers timers = {};
	int error = states->none ? 0 : proc_read_timers(task->proc_fd, &timers);

	if (error < 0)
		return log_errno(error, "task %d: POSIX timers cannot be read", task->pid);
	states->items = arena_array(&dump->arena, struct parasite_posix_timer, timers.count);
	for (states->count = 0; states->count < timers.count && !error;) {
		struct parasite_timers batch = { .nr = MIN(timers.count - states->count, PARASITE_TIMERS_BATCH) };

		for (uint32_t i = 0; i < batch.nr; i++)
			batch.items[i].id = timers.items[states->count + i].id;
		error = ask_batch(task, room, &batch);
		memcpy(states->items + states->count, batch.items, batch.nr * sizeof(*batch.items));
		states->count += batch.nr;
	}
	return error;
}

static int dump_posix_timers(struct dump *dump, struct task *task, TaskTimersEntry *entry)
{
	const struct timer_states *states = timer_states(dump, task);
	_cleanup_proc_timers_ struct proc_timers timers = {};
	int error = states->none ? 0 : proc_read_timers(task->proc_fd, &timers);

	if (error < 0)
		return log_errno(error, "task %d: POSIX timers cannot be read", task->pid);
	entry->posix = arena_array(&dump->arena, PosixTimerEntry *, timers.count);
	for (size_t i = 0; i < timers.count; i++) {
		if (i >= states->count || states->items[i].id != timers.items[i].id)
			return log_errno(EIO, "task %d: POSIX timer %d changed while it was read", task->pid,
					 timers.items[i].id);
		entry->posix[entry->n_posix++] = dump_posix_timer(dump, &timers.items[i], &states->items[i]);
	}
	return 0;
}

static int timers_dump_task(struct dump *dump, struct task *task)
{
	TaskTimersEntry *entry;

	if (task->state == TASK_DEAD)
		return 0;
	entry = arena_new(&dump->arena, TaskTimersEntry);
	task_timers_entry__init(entry);
	entry->real = dump_itimer(dump, &task->parasite->itimers[0]);
	entry->virt = dump_itimer(dump, &task->parasite->itimers[1]);
	entry->prof = dump_itimer(dump, &task->parasite->itimers[2]);
	task_core(task)->tc->timers = entry;
	return dump_posix_timers(dump, task, entry);
}

static void plan_itimer(const ItimerEntry *entry, struct restorer_itimer *ret)
{
	ret->interval_sec = entry->isec;
	ret->interval_usec = entry->iusec;
	ret->value_sec = entry->vsec;
	ret->value_usec = entry->vusec;
	/* It was just about to fire. */
	if (!ret->value_sec && !ret->value_usec) {
		ret->value_sec = ret->interval_sec;
		ret->value_usec = ret->interval_usec;
	}
}

static void plan_posix_timer(const PosixTimerEntry *entry, struct restorer_posix_timer *ret)
{
	ret->id = entry->it_id;
	ret->clock = entry->clock_id;
	ret->notify = entry->it_sigev_notify;
	ret->signal = entry->si_signo;
	ret->value = entry->sival_ptr;
	ret->notify_tid = entry->has_notify_thread_id ? entry->notify_thread_id : 0;
	ret->overrun = entry->overrun;
	ret->interval_sec = entry->isec;
	ret->interval_nsec = entry->insec;
	ret->value_sec = entry->vsec;
	ret->value_nsec = entry->vnsec;
	if (!ret->value_sec && !ret->value_nsec) {
		ret->value_sec = ret->interval_sec;
		ret->value_nsec = ret->interval_nsec;
	}
}

static int timers_load(struct restore *restore, struct task *task)
{
	const TaskTimersEntry *timers = task_core(task)->tc->timers;

	for (size_t i = 0; timers && i < timers->n_posix; i++) {
		const char *reason = clock_refusal(&restore->tasks, task, (int32_t)timers->posix[i]->clock_id);

		if (timers->posix[i]->it_id > INT32_MAX)
			reason = "there is no such id";
		if (reason)
			restore_refuse(restore, task, "POSIX timer %u: %s", timers->posix[i]->it_id, reason);
	}
	return 0;
}

static int timers_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	const TaskTimersEntry *timers = task_core(task)->tc->timers;
	struct restorer_posix_timer *posix;

	if (!timers)
		return 0;
	plan_itimer(timers->real, &ret->itimers[0]);
	plan_itimer(timers->virt, &ret->itimers[1]);
	plan_itimer(timers->prof, &ret->itimers[2]);
	if (!timers->n_posix)
		return 0;
	posix = arguments_alloc(restore, timers->n_posix * sizeof(*posix), &ret->timers);
	if (!posix)
		return -ENOMEM;
	for (size_t i = 0; i < timers->n_posix; i++)
		plan_posix_timer(timers->posix[i], &posix[i]);
	ret->nr_timers = timers->n_posix;
	return 0;
}

const struct task_kind timers_kind = {
	.name = "timers",
	.survey = timers_survey,
	.ask = timers_ask,
	.dump_task = timers_dump_task,
	.load = timers_load,
	.plan_task = timers_plan_task,
};
