// SPDX-License-Identifier: GPL-2.0-only
/* Steps of the restorer that concern the task as a whole: file locks, limits, signals, timers, threads. */
#include <asm/fcntl.h>
#include <asm/signal.h>
#include <asm/siginfo.h>
#include <errno.h>
#include <linux/fcntl.h>
#include <linux/membarrier.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/time_types.h>

#include "criu/blobs/arch.h"
#include "criu/blobs/restorer/internal.h"

#ifndef PR_TIMER_CREATE_RESTORE_IDS
#define PR_TIMER_CREATE_RESTORE_IDS 77
#endif
#define MEMBARRIER_CMD_MAX_BIT 31
#define LIMITS 16
#define SIGNALS 64
#define TIMER_ATTEMPTS (1 << 20)
#define TID_ATTEMPTS 200
#define TID_PAUSE_NSEC 5000000

/* Closing any descriptor of the file would have taken them away again: after the last close. */
long step_set_locks(struct context *context)
{
	const struct restorer_lock *locks = at_offset(context, context->task->locks);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_locks; i++) {
		struct flock lock = {
			.l_type = locks[i].type,
			.l_start = locks[i].start,
			.l_len = locks[i].length,
		};

		context->value = locks[i].fd;
		error = call(__NR_fcntl, locks[i].fd, F_SETLK, &lock);
	}
	return error;
}

static long set_membarrier(struct context *context)
{
	for (int bit = 0; bit < MEMBARRIER_CMD_MAX_BIT; bit++) {
		long error = 0;

		/* Each registration is reported as the command that makes it. */
		if (context->task->membarrier & (1U << bit))
			error = call(__NR_membarrier, 1 << bit, 0, 0);
		context->value = bit;
		if (error < 0)
			return error;
	}
	return 0;
}

long step_set_task(struct context *context)
{
	const struct restorer_task *task = context->task;
	long error = call(__NR_prctl, PR_SET_CHILD_SUBREAPER, task->child_subreaper, 0, 0, 0);

	return error ? error : set_membarrier(context);
}

/* Of the task, by its leader, when all pending signals are queued: there may be more than are allowed by now. */
long step_set_limits(struct context *context)
{
	if (context->thread->tid != context->task->pid)
		return 0;
	wait_for(&context->task->threads_done, context->task->nr_threads - 1);
	for (int i = 0; i < LIMITS; i++) {
		long error = 0;

		context->value = i;
		if (context->task->set_limits & (1U << i))
			error = call(__NR_prlimit64, 0, i, &context->task->limits[i], 0);
		if (error)
			return error;
	}
	return 0;
}

static long set_action(const struct restorer_task *task, int signal)
{
	const struct restorer_sigaction *action = &task->actions[signal - 1];

	if (task->compat_actions & (1ULL << (signal - 1)))
		return arch_set_compat_action(signal, action->handler, action->flags, action->restorer,
					      action->mask);
	return call(__NR_rt_sigaction, signal, action, 0, sizeof(uint64_t));
}

long step_set_actions(struct context *context)
{
	struct restorer_sigaction ignore = { .handler = 1 /* SIG_IGN */ };
	long error;

	/* Children that only helped to build the tree have died: their SIGCHLD is nobody's business. */
	error = call(__NR_rt_sigaction, SIGCHLD, &ignore, 0, sizeof(uint64_t));
	for (int signal = 1; !error && signal <= SIGNALS; signal++) {
		context->value = signal;
		if (signal != SIGKILL && signal != SIGSTOP)
			error = set_action(context->task, signal);
	}
	return error;
}

long step_queue_shared(struct context *context)
{
	struct restorer_siginfo *infos = at_offset(context, context->task->signals);
	long error = 0;

	for (uint32_t i = 0; !error && i < context->task->nr_signals; i++) {
		const siginfo_t *info = (const siginfo_t *)infos[i].bytes;

		context->value = info->si_signo;
		error = call(__NR_rt_sigqueueinfo, context->task->pid, info->si_signo, info);
	}
	return error;
}

/* A thread that has ended has its number for a moment longer, even when its process was reaped (release_task()): long
 * for one of SCHED_IDLE on a busy machine. */
static long clone_patiently(struct clone_args *args, struct context *own)
{
	const struct __kernel_timespec pause = { .tv_nsec = TID_PAUSE_NSEC };
	long error = -EEXIST;

	for (int i = 0; error == -EEXIST && i < TID_ATTEMPTS; i++) {
		if (i)
			call(__NR_nanosleep, &pause, 0);
		error = arch_clone_thread(args, (uintptr_t)own & ~15UL, thread_main, own);
	}
	return error;
}

long step_make_threads(struct context *context)
{
	struct restorer_thread *threads = at_offset(context, context->task->threads);

	for (uint32_t i = 1; i < context->task->nr_threads; i++) {
		/* The new thread's context lies at the top of its stack. */
		struct context *own = (struct context *)(uintptr_t)(threads[i].stack - sizeof(struct context));
		int tid = threads[i].tid;
		struct clone_args args = {
			.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
			.set_tid = (uintptr_t)&tid,
			.set_tid_size = 1,
		};
		long error;

		*own = *context;
		own->thread = &threads[i];
		context->value = tid;
		error = clone_patiently(&args, own);
		if (error < 0)
			return error;
	}
	return 0;
}

long step_set_itimers(struct context *context)
{
	for (int which = 0; which < 3; which++) {
		const struct restorer_itimer *timer = &context->task->itimers[which];
		long error = 0;

		context->value = which;
		if (timer->value_sec || timer->value_usec)
			error = call(__NR_setitimer, which, timer, 0);
		if (error)
			return error;
	}
	return 0;
}

static void fill_event(const struct restorer_posix_timer *timer, struct sigevent *event)
{
	event->sigev_value.sival_ptr = (void *)(uintptr_t)timer->value;
	event->sigev_signo = timer->signal;
	event->sigev_notify = timer->notify;
	event->_sigev_un._tid = timer->notify_tid;
}

/* Kernels before 6.15 count ids on by themselves: make timers until the id comes. */
static long make_with_id(const struct restorer_posix_timer *timer, bool exact)
{
	struct sigevent event = {};

	fill_event(timer, &event);
	for (int i = 0; i < TIMER_ATTEMPTS; i++) {
		int id = timer->id;
		long error = call(__NR_timer_create, timer->clock, &event, &id);

		if (error || id == timer->id)
			return error;
		call(__NR_timer_delete, id);
		if (exact)
			return -EBUSY;
	}
	return -EBUSY;
}

long step_make_timers(struct context *context)
{
	struct restorer_posix_timer *timers = at_offset(context, context->task->timers);
	bool exact;
	long error = 0;

	if (!context->task->nr_timers)
		return 0;
	exact = !call(__NR_prctl, PR_TIMER_CREATE_RESTORE_IDS, 1, 0, 0, 0);
	/* The kernel lists the youngest first, and so do images. */
	for (uint32_t i = context->task->nr_timers; !error && i-- > 0;) {
		context->value = timers[i].id;
		error = make_with_id(&timers[i], exact);
		if (!error && (timers[i].value_sec || timers[i].value_nsec))
			error = call(__NR_timer_settime, timers[i].id, 0, &timers[i].interval_sec, 0);
	}
	if (exact)
		call(__NR_prctl, PR_TIMER_CREATE_RESTORE_IDS, context->task->controls[CONTROL_timer_ids] == 1,
		     0, 0, 0);
	return error;
}

long step_set_dumpable(struct context *context)
{
	/* 2 (only root may look) cannot be set: it came with the ids. */
	if (context->task->dumpable < 0 || context->task->dumpable > 1)
		return 0;
	return call(__NR_prctl, PR_SET_DUMPABLE, context->task->dumpable, 0, 0, 0);
}
