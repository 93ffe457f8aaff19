// SPDX-License-Identifier: GPL-2.0-only
/* Steps of the restorer that concern the task as a whole: file locks, limits, signals, timers, threads. */
#include <asm/fcntl.h>
#include <asm/signal.h>
#include <asm/siginfo.h>
#include <errno.h>
#include <linux/fcntl.h>
#include <linux/membarrier.h>
#include <linux/prctl.h>

#include "criu/blobs/arch.h"
#include "criu/blobs/restorer/internal.h"

#define MEMBARRIER_CMD_MAX_BIT 31
#define LIMITS 16
#define SIGNALS 64

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
	wait_for(&context->task->threads_queued, context->task->nr_threads);
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

	/* Children that only helped to build the tree have died, others were stopped and continued, maybe we, too: those
	 * signals are nobody's business. */
	error = call(__NR_rt_sigaction, SIGCHLD, &ignore, 0, sizeof(uint64_t));
	if (!error)
		error = call(__NR_rt_sigaction, SIGCONT, &ignore, 0, sizeof(uint64_t));
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

long step_set_dumpable(struct context *context)
{
	/* 2 (only root may look) cannot be set: it came with the ids. */
	if (context->task->dumpable < 0 || context->task->dumpable > 1)
		return 0;
	return call(__NR_prctl, PR_SET_DUMPABLE, context->task->dumpable, 0, 0, 0);
}
