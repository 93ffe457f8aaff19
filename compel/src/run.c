// SPDX-License-Identifier: LGPL-2.1-only
/* Foreign code runs without a stop until the memory of its process tells that it is done, and is stopped then. A stop
 * at each of its system calls would cost more than all that it does. */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>

#include "compel/src/internal.h"

#define LOOK_FOR_STOPS 32

static int was_killed(struct compel_thread *thread)
{
	return compel_fail(-ESRCH, "%s: was killed meanwhile", compel_thread_name(thread));
}

int run_start(struct compel_thread *thread)
{
	int error = thread_resume(thread, PTRACE_CONT, 0);

	if (error)
		return was_killed(thread);
	thread->state = THREAD_RUNNING;
	return 0;
}

/* A stop for other reasons is passed over: a group-stop stays in effect and shows again after we let go. */
static int pass_stop(struct compel_thread *thread)
{
	struct thread_stop stop;
	int error = thread_look(thread, &stop);
	int signal = error > 0 && !stop.event ? stop.signal : 0;

	if (!error)
		return 0;
	/* All are blocked: only SIGSTOP gets through, and faults of the foreign code itself. */
	if (error > 0 && signal && signal != SIGSTOP && dispatch_judge(thread, signal))
		return -EFAULT;
	if (error > 0)
		error = thread_resume(thread, PTRACE_CONT, signal);
	return error ? was_killed(thread) : 0;
}

int run_watch(struct compel_thread *thread, run_done_fn done, void *argument, unsigned int rounds)
{
	unsigned int round = 0;
	int result;

	while (!(result = done(argument)) && round < rounds) {
		if (round % LOOK_FOR_STOPS == LOOK_FOR_STOPS - 1)
			result = pass_stop(thread);
		if (result)
			return result;
		compel_pause(&round);
	}
	return result == -ESRCH ? was_killed(thread) : result;
}

int run_stop(struct compel_thread *thread)
{
	int error = ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL) ? -ESRCH : 0;

	if (!error)
		error = thread_wait_event_stop(thread, compel_now() + COMPEL_PATIENCE, NULL);
	if (!error)
		thread->state = THREAD_AWAY;
	return error == -ESRCH ? was_killed(thread) : error;
}
