// SPDX-License-Identifier: GPL-2.0-only
/* Signal actions, masks, queues and alternate stacks. Masks are set at the handover, the rest by the restorer. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>

#include <compel/compel.h>

#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/kernel/kernel.h"
#include "criu/kernel/proc/stat.h"
#include "criu/objects/kinds.h"
#include "criu/model/arguments.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define SIGNALS 64
/* SIGKILL and SIGSTOP have no action and no place in images. */
#define ACTIONS_IN_IMAGE 62
#define SIGINFO_SIZE 128
#define PEEK_BATCH 32

static bool has_action(int signal)
{
	return signal != SIGKILL && signal != SIGSTOP;
}

static void dump_actions(struct dump *dump, struct task *task)
{
	TaskCoreEntry *core = task_core(task)->tc;

	core->sigactions = arena_array(&dump->arena, SaEntry *, ACTIONS_IN_IMAGE);
	for (int signal = 1; signal <= SIGNALS; signal++) {
		const struct parasite_sigaction *action = &task->parasite->actions[signal - 1];
		SaEntry *entry;

		if (!has_action(signal))
			continue;
		entry = arena_new(&dump->arena, SaEntry);
		sa_entry__init(entry);
		entry->sigaction = action->handler;
		entry->flags = action->flags;
		entry->restorer = action->restorer;
		entry->mask = action->mask;
		entry->has_compat_sigaction = 1;
		entry->compat_sigaction = task->is_32bit;
		core->sigactions[core->n_sigactions++] = entry;
	}
}

static void append_signals(struct dump *dump, SignalQueueEntry *queue, const siginfo_t *infos, size_t nr)
{
	SiginfoEntry **signals = arena_array(&dump->arena, SiginfoEntry *, queue->n_signals + nr);

	if (queue->n_signals)
		memcpy(signals, queue->signals, queue->n_signals * sizeof(*signals));
	for (size_t i = 0; i < nr; i++) {
		SiginfoEntry *entry = arena_new(&dump->arena, SiginfoEntry);

		siginfo_entry__init(entry);
		entry->siginfo.data = arena_copy(&dump->arena, &infos[i], SIGINFO_SIZE);
		entry->siginfo.len = SIGINFO_SIZE;
		signals[queue->n_signals++] = entry;
	}
	queue->signals = signals;
}

static int dump_queue(struct dump *dump, pid_t tid, uint32_t flags, SignalQueueEntry **ret_queue)
{
	SignalQueueEntry *queue = arena_new(&dump->arena, SignalQueueEntry);
	struct __ptrace_peeksiginfo_args request = { .flags = flags, .nr = PEEK_BATCH };
	siginfo_t infos[PEEK_BATCH];
	long nr;

	signal_queue_entry__init(queue);
	do {
		nr = ptrace(PTRACE_PEEKSIGINFO, tid, &request, infos);
		if (nr < 0)
			return log_errno(errno, "thread %d: pending signals cannot be read", tid);
		append_signals(dump, queue, infos, nr);
		request.off += nr;
	} while (nr > 0);
	*ret_queue = queue;
	return 0;
}

/* Asked once a run, if there is a stopped task at all. */
static bool kernel_tells_stops(struct dump *dump)
{
	static const char key;
	bool is_new;
	struct kernel *kernel = kind_state_get(&dump->kind_state, &dump->arena, &key, 0, sizeof(*kernel), &is_new);

	if (is_new)
		kernel_init(kernel);
	return kernel_has(kernel, KERNEL_STAT_STOP);
}

/* Whether the parent has waited for the stop already, which it has not if that is still to come: then /proc/PID/stat has no code of it any more. */
static int dump_stop(struct dump *dump, const struct task *task, TaskCoreEntry *core)
{
	struct proc_stat stat;
	int error;

	core->has_stop_reported = task->compel->stop_pending || kernel_tells_stops(dump);
	if (task->compel->stop_pending || !core->has_stop_reported)
		return 0;
	error = proc_read_stat(task->proc_fd, &stat);
	if (error < 0)
		return log_errno(error, "task %d: 'stat' cannot be read", task->pid);
	core->stop_reported = stat.exit_code == 0;
	return 0;
}

static int signals_dump_task(struct dump *dump, struct task *task)
{
	TaskCoreEntry *core = task_core(task)->tc;
	int error = 0;

	if (task->state == TASK_DEAD)
		return 0;
	dump_actions(dump, task);
	core->blk_sigset = task->threads[0].compel->blocked;
	if (task->state == TASK_STOPPED) {
		core->has_stop_signo = 1;
		core->stop_signo = task->compel->stop_signal;
		error = dump_stop(dump, task, core);
	}
	return error < 0 ? error
			 : dump_queue(dump, task_live_thread(task)->tid, PTRACE_PEEKSIGINFO_SHARED,
				      &core->signals_s);
}

static int signals_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	ThreadCoreEntry *core = thread->core->thread_core;

	if (thread->tid != task->pid) {
		core->has_blk_sigset = 1;
		core->blk_sigset = thread->compel->blocked;
	}
	core->sas = arena_new(&dump->arena, ThreadSasEntry);
	thread_sas_entry__init(core->sas);
	core->sas->ss_sp = thread->parasite->altstack_sp;
	core->sas->ss_size = thread->parasite->altstack_size;
	core->sas->ss_flags = thread->parasite->altstack_flags;
	core->has_pdeath_sig = thread->parasite->pdeath_signal != 0;
	core->pdeath_sig = thread->parasite->pdeath_signal;
	if (core->has_pdeath_sig && task->parent && task->parent->threads[0].dead)
		dump_refuse(dump, task,
			    "thread %d is to get signal %d at the end of the thread that made it (PR_SET_PDEATHSIG), and the "
			    "first thread of its parent has ended already: it would come at the restore; let it give "
			    "that up before the dump",
			    thread->tid, thread->parasite->pdeath_signal);
	return dump_queue(dump, thread->tid, 0, &core->signals_p);
}

static void check_queue(struct restore *restore, struct task *task, const SignalQueueEntry *queue)
{
	for (size_t i = 0; queue && i < queue->n_signals; i++)
		if (queue->signals[i]->siginfo.len != SIGINFO_SIZE)
			restore_refuse(restore, task, "pending signal %zu: siginfo has %zu bytes instead of %d",
				       i, queue->signals[i]->siginfo.len, SIGINFO_SIZE);
}

static bool is_stop_signal(uint32_t signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

static void refuse_early_death(struct restore *restore, struct task *task)
{
	for (unsigned int i = 0; i < task->nr_threads; i++)
		if (task->threads[i].core->thread_core->has_pdeath_sig && task->parent &&
		    task->parent->threads[0].dead)
			restore_refuse(restore, task,
				       "its parent death signal would come at once: the first thread of "
				       "its parent has ended");
}

static int signals_load(struct restore *restore, struct task *task)
{
	const TaskCoreEntry *core = task_core(task)->tc;

	if (core->n_sigactions != ACTIONS_IN_IMAGE)
		restore_refuse(restore, task, "image has %zu signal actions instead of %d",
			       core->n_sigactions, ACTIONS_IN_IMAGE);
	if (core->has_stop_signo && !is_stop_signal(core->stop_signo))
		restore_refuse(restore, task, "signal %u stops no task", core->stop_signo);
	check_queue(restore, task, core->signals_s);
	refuse_early_death(restore, task);
	for (unsigned int i = 0; i < task->nr_threads; i++)
		check_queue(restore, task, task->threads[i].core->thread_core->signals_p);
	return 0;
}

static int plan_queue(struct restore *restore, const SignalQueueEntry *queue, uint32_t *ret_offset, uint32_t *ret_nr)
{
	struct restorer_siginfo *infos;

	if (!queue || !queue->n_signals)
		return 0;
	infos = arguments_alloc(restore, queue->n_signals * sizeof(*infos), ret_offset);
	if (!infos)
		return -ENOMEM;
	for (size_t i = 0; i < queue->n_signals; i++)
		memcpy(infos[i].bytes, queue->signals[i]->siginfo.data, SIGINFO_SIZE);
	*ret_nr = queue->n_signals;
	return 0;
}

static int signals_plan_task(struct restore *restore, struct task *task, struct restorer_task *ret)
{
	const TaskCoreEntry *core = task_core(task)->tc;
	size_t next = 0;

	for (int signal = 1; signal <= SIGNALS; signal++) {
		struct restorer_sigaction *action = &ret->actions[signal - 1];

		if (!has_action(signal))
			continue;
		action->handler = core->sigactions[next]->sigaction;
		action->flags = core->sigactions[next]->flags;
		action->restorer = core->sigactions[next]->restorer;
		action->mask = core->sigactions[next]->mask;
		if (core->sigactions[next]->has_compat_sigaction && core->sigactions[next]->compat_sigaction)
			ret->compat_actions |= 1ULL << (signal - 1);
		next++;
	}
	return plan_queue(restore, core->signals_s, &ret->signals, &ret->nr_signals);
}

static int signals_plan_thread(struct restore *restore, struct task *task, struct thread *thread,
			       struct restorer_thread *ret)
{
	const ThreadCoreEntry *core = thread->core->thread_core;

	if (core->sas) {
		ret->altstack_sp = core->sas->ss_sp;
		ret->altstack_size = core->sas->ss_size;
		/* Being on it is a matter of the stack pointer, not a setting. */
		ret->altstack_flags = core->sas->ss_flags & ~(uint32_t)SS_ONSTACK;
	}
	ret->pdeath_signal = core->has_pdeath_sig ? core->pdeath_sig : 0;
	return plan_queue(restore, core->signals_p, &ret->signals, &ret->nr_signals);
}

const struct task_kind signals_kind = {
	.name = "signals",
	.dump_task = signals_dump_task,
	.dump_thread = signals_dump_thread,
	.load = signals_load,
	.plan_task = signals_plan_task,
	.plan_thread = signals_plan_thread,
};
