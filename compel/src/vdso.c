// SPDX-License-Identifier: LGPL-2.1-only
/* Threads that were stopped within the code which the kernel maps into each process. Elsewhere there may be other code
 * in its place, so they run on until they have left it. They are let go and stopped again, rather than led step by
 * step: a thread whose tracer dies while it steps is killed by SIGTRAP. */
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>

#include "compel/src/internal.h"
#include "compel/src/proc.h"

/* A loop that does nothing but such calls spends most of its time there. */
#define TRIES 200

struct range {
	uint64_t start, size;
};

/* The one that the kernel calls so: a proxy, which a restore has left at an older place, is memory like any other. */
static int take_vdso(void *argument, const struct proc_mapping *mapping)
{
	struct range *range = argument;

	if (strcmp(mapping->name, "[vdso]"))
		return 0;
	*range = (struct range){ mapping->start, mapping->end - mapping->start };
	return 1;
}

/* A thread with a signal to handle stops at the first instruction of the handler, which will return to where it was. */
static bool handler_returns_to(const struct compel_thread *thread, const struct compel_registers *registers,
			       const struct range *range)
{
	uint64_t ip;

	return arch_frame_ip && !thread_peek(thread, compel_sp(registers) + (uint64_t)arch_frame_ip, &ip) &&
	       ip - range->start < range->size;
}

static bool is_within(const struct compel_thread *thread, const struct range *range)
{
	struct compel_registers registers;

	if (thread->state != THREAD_STOPPED || thread_get_registers(thread, &registers) ||
	    compel_syscall_number(&registers) >= 0)
		return false;
	return compel_ip(&registers) - range->start < range->size || handler_returns_to(thread, &registers, range);
}

/* Runs code of its own, whatever it is: only then is there something to look at. */
static bool runs(const struct compel_thread *thread)
{
	struct compel_registers registers;

	return thread->state == THREAD_STOPPED && !thread_get_registers(thread, &registers) &&
	       compel_syscall_number(&registers) < 0;
}

static int run_on(struct compel_thread *thread, uint64_t deadline)
{
	struct compel_process *process = thread->process;
	int stop_signal = 0, error = thread_resume(thread, PTRACE_CONT, 0);

	if (!error && ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL)) {
		thread->state = THREAD_GONE;
		return 0;
	}
	error = error ? error : thread_wait_event_stop(thread, deadline, &stop_signal);
	if (error == -ESRCH)
		thread->state = THREAD_GONE;
	else if (!error && stop_signal) {
		process->state = COMPEL_STOPPED;
		process->stop_signal = stop_signal;
	}
	return error == -ESRCH ? 0 : error;
}

int process_leave_vdso(struct compel_process *process, uint64_t deadline)
{
	struct range vdso = { 0, 0 };
	bool looked = false, moved = false;

	if (atomic_load(&process->ledger->repairing))
		return 0;
	for (unsigned int n = 0; n < process->nr_threads; n++) {
		struct compel_thread *thread = &process->threads[n];

		if (process->state == COMPEL_STOPPED || !runs(thread))
			continue;
		if (!looked)
			proc_visit_mappings(process->pid, take_vdso, &vdso);
		looked = true;
		for (int tries = 0; tries < TRIES && is_within(thread, &vdso); tries++) {
			int error = run_on(thread, deadline);

			if (error)
				return error;
			moved = true;
		}
	}
	return moved;
}
