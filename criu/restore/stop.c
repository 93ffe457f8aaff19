// SPDX-License-Identifier: GPL-2.0-only
/* What the parent of a stopped task gets to know of the stop. It is stopped anew when it is let go: who had been told
 * of it before is not told again. */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/arch/arch.h"
#include "criu/objects/kinds.h"
#include "criu/restore/internal.h"
#include "criu/util/log.h"

#define RED_ZONE 128
#define STOP_TRIES 1000 /* milliseconds */
#define SIGNAL_SECONDS 1
/* Actions in an image are those of signals 1 to 64 but SIGKILL and SIGSTOP; SIGCHLD is behind the first of these. */
#define CHILD_ACTION (SIGCHLD - 2)

/* Room in the stack of @parent, which sleeps in its restorer and does not use it any more. */
static uint64_t room_in(const struct compel_thread *parent, size_t size)
{
	return (compel_sp(&parent->registers) - size - RED_ZONE) & ~15UL;
}

/* One look of @parent for a child that has stopped. 1: it was told. */
static int take_stop(struct compel_thread *parent, pid_t pid)
{
	uint64_t place = room_in(parent, sizeof(siginfo_t));
	const uint64_t arguments[6] = { P_PID, pid, place, WSTOPPED | WNOHANG | __WALL };
	siginfo_t info = {};
	long value;
	int error = compel_syscall(parent, SYS_waitid, arguments, &value);

	if (!error && !value)
		error = compel_read(parent->process, place, &info, sizeof(info));
	return error ? error : value < 0 ? (int)value : info.si_pid == pid;
}

/* The parent knew of the stop: it waits for it now, before it goes on itself. */
static void take_report(struct compel_thread *parent, const struct task *task)
{
	int result = 0;

	for (int tries = 0; !result && tries < STOP_TRIES; tries++) {
		result = take_stop(parent, task->pid);
		if (!result)
			usleep(1000);
	}
	if (result <= 0)
		log_warn("task %d: its parent will be told of its stop once more", task->pid);
}

/* Will the stop of a child send @parent a SIGCHLD which it had not got? */
static bool gets_signal(const struct task *parent)
{
	const TaskCoreEntry *core = task_core(parent)->tc;
	const SaEntry *action = core->sigactions[CHILD_ACTION];
	const SignalQueueEntry *queue = core->signals_s;

	if (action->flags & SA_NOCLDSTOP || action->sigaction == (uintptr_t)SIG_IGN)
		return false;
	/* One that waits already is the only one. */
	for (size_t i = 0; queue && i < queue->n_signals; i++)
		if (((const siginfo_t *)queue->signals[i]->siginfo.data)->si_signo == SIGCHLD)
			return false;
	return true;
}

/* It had its signal when the task was stopped for the first time, or that is in its queue. */
static void take_signal(struct compel_thread *parent, const struct task *task)
{
	struct {
		uint64_t set;
		struct timespec limit;
	} question = { 1ULL << (SIGCHLD - 1), { .tv_sec = SIGNAL_SECONDS } };
	uint64_t place = room_in(parent, sizeof(question));
	const uint64_t arguments[6] = { place, 0, place + sizeof(question.set), sizeof(question.set) };
	long value = 0;
	int error = compel_write(parent->process, place, &question, sizeof(question));

	if (!error)
		error = compel_syscall(parent, SYS_rt_sigtimedwait, arguments, &value);
	if (error || value != SIGCHLD)
		log_warn("task %d: its parent may get SIGCHLD for its stop once more", task->pid);
}

/* The first one may have exited. */
static struct compel_thread *live_thread(struct compel_process *process)
{
	for (unsigned int i = 0; process && i < process->nr_threads; i++)
		if (!process->threads[i].dead)
			return &process->threads[i];
	return NULL;
}

void restore_settle_stop(const struct restore *restore, const struct task *task)
{
	struct compel_thread *parent = task->parent ? live_thread(restore->processes[task->parent->index]) : NULL;
	const TaskCoreEntry *core = task_core(task)->tc;

	/* Images of others do not tell what the parent knows: it is told. */
	if (!parent || !core->has_stop_reported)
		return;
	if (gets_signal(task->parent))
		take_signal(parent, task);
	if (core->stop_reported)
		take_report(parent, task);
}
