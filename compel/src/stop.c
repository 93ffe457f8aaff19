// SPDX-License-Identifier: LGPL-2.1-only
/* Stopping a process for good, by the signal it is to be stopped by. It happens while one thread is away from home and
 * all other signals are blocked there: those that are pending must not come before the stop. */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "compel/src/internal.h"

#define TRIES 10
#define BATCH 32

static bool waits(pid_t tid, uint32_t queue)
{
	struct __ptrace_peeksiginfo_args request = { .flags = queue, .nr = BATCH };
	siginfo_t infos[BATCH];
	long nr;

	while ((nr = ptrace(PTRACE_PEEKSIGINFO, tid, &request, infos)) > 0) {
		for (long i = 0; i < nr; i++)
			if (infos[i].si_signo == SIGSTOP)
				return true;
		request.off += (uint64_t)nr;
	}
	return false;
}

void process_look_for_stop(struct compel_process *process)
{
	const struct compel_thread *live = process_live_thread(process);
	bool found = live && process->state == COMPEL_ALIVE && waits(live->tid, PTRACE_PEEKSIGINFO_SHARED);

	for (unsigned int n = 0; !found && process->state == COMPEL_ALIVE && n < process->nr_threads; n++)
		found = !process->threads[n].dead && waits(process->threads[n].tid, 0);
	if (!found)
		return;
	process->state = COMPEL_STOPPED;
	process->stop_signal = SIGSTOP;
	process->stop_pending = true;
}

static int spin(struct compel_thread *thread)
{
	struct compel_registers registers = thread->registers;
	int error = home_event_stop(thread);

	if (!error)
		error = home_save(thread, false);
	if (!error)
		error = stub_poke(thread);
	if (error)
		return error;
	compel_set_ip(&registers, process_slot(thread->process)->stub + COMPEL_SPIN_OFFSET);
	compel_forget_syscall(&registers);
	return home_leave(thread, &registers);
}

/* 1: the group is stopped by @signal; 0: the kernel has dropped it, for nobody could continue the job. */
static int stop_by(struct compel_thread *thread, int signal)
{
	uint64_t deadline = compel_now() + COMPEL_PATIENCE;
	struct thread_stop stop = { 0, 0 };
	int error = thread_set_blocked(thread, ~(1ULL << (signal - 1))), stop_signal = 0;

	if (!error && syscall(SYS_tgkill, thread->process->pid, thread->tid, signal))
		error = -errno;
	for (int tries = 0; !error && tries < TRIES && (stop.event || stop.signal != signal); tries++) {
		error = thread_resume(thread, PTRACE_CONT, 0);
		if (!error)
			error = thread_wait(thread, deadline, &stop);
	}
	if (error || stop.event || stop.signal != signal)
		return error ? error : -EAGAIN;
	ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL);
	error = thread_resume(thread, PTRACE_CONT, signal);
	if (!error)
		error = thread_wait_event_stop(thread, deadline, &stop_signal);
	thread->state = thread->state == THREAD_GONE ? THREAD_GONE : THREAD_AWAY;
	return error ? error : stop_signal == signal;
}

int process_stop(struct compel_process *process)
{
	struct compel_thread *thread = process_worker(process);
	int signal = process->stop_signal ? process->stop_signal : SIGSTOP, result;

	if (!thread)
		return -ESRCH;
	result = spin(thread);
	if (!result)
		result = stop_by(thread, signal);
	if (!result && signal != SIGSTOP)
		result = stop_by(thread, SIGSTOP);
	return result == 1 ? 0 : -EAGAIN;
}
