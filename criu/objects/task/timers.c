// SPDX-License-Identifier: GPL-2.0-only
/* Interval timers (setitimer) and POSIX timers with their ids. Armed by the restorer, last. */
#include <errno.h>
#include <signal.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/proc/timers.h"
#include "criu/objects/kinds.h"
#include "criu/model/arguments.h"
#include "criu/util/log.h"

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

static int timers_survey(struct dump *dump, const struct task *task)
{
	_cleanup_proc_timers_ struct proc_timers timers = {};
	int error;

	if (task->state == TASK_DEAD)
		return 0;
	error = proc_read_timers(task->proc_fd, &timers);
	if (error < 0)
		return log_errno(error, "task %d: POSIX timers cannot be read", task->pid);
	if (timers.count > PARASITE_TIMERS_MAX)
		dump_refuse(dump, task, "has %zu POSIX timers; at most %d can be kept", timers.count,
			    PARASITE_TIMERS_MAX);
	for (size_t i = 0; i < timers.count; i++)
		if (timers.items[i].clock < 0)
			dump_refuse(dump, task,
				    "POSIX timer %d: timers on the CPU clock of a process or thread "
				    "cannot be kept by this build; delete it before the dump",
				    timers.items[i].id);
	return 0;
}

static int timers_prepare_parasite(struct dump *dump, struct task *task, struct parasite_task *ret)
{
	_cleanup_proc_timers_ struct proc_timers timers = {};
	int error = proc_read_timers(task->proc_fd, &timers);

	if (error < 0)
		return log_errno(error, "task %d: POSIX timers cannot be read", task->pid);
	for (size_t i = 0; i < timers.count && i < PARASITE_TIMERS_MAX; i++)
		ret->timers[ret->nr_timers++].id = timers.items[i].id;
	return 0;
}

static int timers_dump_task(struct dump *dump, struct task *task)
{
	_cleanup_proc_timers_ struct proc_timers timers = {};
	TaskTimersEntry *entry;
	int error;

	if (task->state == TASK_DEAD)
		return 0;
	error = proc_read_timers(task->proc_fd, &timers);
	if (error < 0)
		return log_errno(error, "task %d: POSIX timers cannot be read", task->pid);
	entry = arena_new(&dump->arena, TaskTimersEntry);
	task_timers_entry__init(entry);
	entry->real = dump_itimer(dump, &task->parasite->itimers[0]);
	entry->virt = dump_itimer(dump, &task->parasite->itimers[1]);
	entry->prof = dump_itimer(dump, &task->parasite->itimers[2]);
	entry->posix = arena_array(&dump->arena, PosixTimerEntry *, timers.count);
	for (size_t i = 0; i < timers.count; i++) {
		if (i >= task->parasite->nr_timers || task->parasite->timers[i].id != timers.items[i].id)
			return log_errno(EIO, "task %d: POSIX timer %d changed while it was read", task->pid,
					 timers.items[i].id);
		entry->posix[entry->n_posix++] = dump_posix_timer(dump, &timers.items[i],
								  &task->parasite->timers[i]);
	}
	task_core(task)->tc->timers = entry;
	return 0;
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

	for (size_t i = 0; timers && i < timers->n_posix; i++)
		if (timers->posix[i]->it_id > INT32_MAX || (int32_t)timers->posix[i]->clock_id < 0)
			restore_refuse(restore, task, "POSIX timer %u on clock %d cannot be restored by this build",
				       timers->posix[i]->it_id, (int32_t)timers->posix[i]->clock_id);
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
	.prepare_parasite = timers_prepare_parasite,
	.dump_task = timers_dump_task,
	.load = timers_load,
	.plan_task = timers_plan_task,
};
