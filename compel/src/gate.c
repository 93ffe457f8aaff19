// SPDX-License-Identifier: LGPL-2.1-only
/* Code of ours in threads under seccomp. Filters are suspended as long as we trace: a system call that is made after our
 * death may be the end of the process. So such a thread runs without stops, in which it would be left when we die; and
 * it begins in a loop, the closed gate, because we may die between setting its registers and letting it run. Whoever
 * outlives us holds back our end (compel_ledger_wait_at_rest()) until what went through the gate is done. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <time.h>

#include "compel/src/internal.h"
#include "compel/src/proc.h"

/* Processor time in which a thread gets through an open gate into its system call; it must not be stopped before. */
#define PASSING_TIME 20000
/* The same, after which a system call of ours has come to its end, and where nothing else tells any code: so many whole ticks
 * of 10 ms. A virtual machine that does not run counts as well, so it is no proof. */
#define WORKING_TICKS 2

/* Of all threads, but only one of them runs: a system call of ours is never made side by side with others. */
static uint64_t processor_time(pid_t pid)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &time))
		return compel_now();
	return (uint64_t)time.tv_sec * COMPEL_SECOND + (uint64_t)time.tv_nsec;
}

static int go(struct compel_thread *thread, const struct compel_registers *registers)
{
	int error = home_leave(thread, registers);

	return error ? error : run_start(thread);
}

#ifdef COMPEL_GATE_CLOSED
static int set_gate(struct compel_thread *thread, uint64_t address, uint8_t byte)
{
	int error = process_write(thread->process, address + 1, &byte, sizeof(byte));

	return error ? compel_fail(error, "%s: its code cannot be written: %s", compel_thread_name(thread),
				   strerror(-error))
		     : 0;
}

int gate_start(struct compel_thread *thread, const struct compel_registers *registers)
{
	uint64_t start = compel_ip(registers);
	uint8_t open;
	int error = process_read(thread->process, start + 1, &open, sizeof(open)), result;

	if (error)
		return compel_fail(error, "%s: its code cannot be read", compel_thread_name(thread));
	/* Who closed it died before it could open it again. Repairs go through the stub only, never into a blob. */
	if (open == COMPEL_GATE_CLOSED)
		open = compel_stub_code[1];
	error = set_gate(thread, start, COMPEL_GATE_CLOSED);
	if (error)
		return error;
	error = go(thread, registers);
	/* Also when it failed: other threads come here. */
	result = set_gate(thread, start, open);
	return error ? error : result;
}
#else
int gate_start(struct compel_thread *thread, const struct compel_registers *registers)
{
	return go(thread, registers);
}
#endif

/* Stops it and looks where it is. 1: behind the system call, which is not to be made again. */
static int look(struct compel_thread *thread, long *ret_value)
{
	const struct ledger_process *slot = process_slot(thread->process);
	struct compel_registers now;
	int error = run_stop(thread);

	if (!error)
		error = thread_get_registers(thread, &now);
	if (error)
		return compel_fail(-ESRCH, "%s: was killed meanwhile", compel_thread_name(thread));
	*ret_value = compel_result(&now);
	return compel_ip(&now) >= slot->stub + COMPEL_SPIN_OFFSET && !is_restart(*ret_value);
}

int gate_syscall(struct compel_thread *thread, const struct compel_registers *registers, long *ret_value)
{
	uint64_t deadline = compel_now() + COMPEL_PATIENCE, start;
	pid_t pid = thread->process->pid;
	unsigned int round = 0;
	int result = gate_start(thread, registers);

	if (result)
		return result;
	for (start = processor_time(pid); processor_time(pid) < start + PASSING_TIME && compel_now() < deadline;)
		compel_pause(&round);
	round = 0;
	while (!(result = look(thread, ret_value))) {
		if (compel_now() > deadline)
			return compel_fail(-ETIME, "%s: does not come back from a system call",
					   compel_thread_name(thread));
		result = run_start(thread);
		if (result)
			return result;
		compel_pause(&round);
	}
	return result < 0 ? result : 0;
}

/* 1: the blob has come to its end; 0: not yet; -1: no blob was called, or that cannot be read. */
static int has_result(const struct ledger_thread *thread)
{
	uint64_t cell = atomic_load(&thread->cell);
	struct result_cell result;
	struct iovec local = { &result, sizeof(result) }, remote = { (void *)cell, sizeof(result) };

	if (!cell || process_vm_readv(atomic_load(&thread->tid), &local, 1, &remote, 1, 0) != sizeof(result))
		return -1;
	return result.token == atomic_load(&thread->token);
}

/* Stopped threads are where we left them: in a loop, in front of the gate, or at home. */
static bool is_at_work(const struct ledger_thread *thread, uint64_t since)
{
	struct proc_stat stat;
	int has = has_result(thread);

	if (has > 0 || proc_read_thread_stat(atomic_load(&thread->tid), &stat) || strchr("tTZX", stat.state))
		return false;
	return has == 0 || stat.ticks <= since + WORKING_TICKS;
}

#define NOT_AT_WORK UINT64_MAX

static uint64_t look_at_thread(const struct ledger_thread *thread)
{
	pid_t tid = atomic_load(&thread->tid);
	struct proc_stat stat;

	if (!tid || !(atomic_load(&thread->flags) & LEDGER_HOME) || proc_read_thread_stat(tid, &stat) ||
	    proc_read_status(tid, "Seccomp") <= 0)
		return NOT_AT_WORK;
	return stat.ticks;
}

void compel_ledger_wait_at_rest(const struct compel_ledger *ledger, unsigned int timeout_sec)
{
	uint64_t deadline = compel_now() + timeout_sec * COMPEL_SECOND, *since;
	unsigned int top = atomic_load(&ledger->top_thread), round = 0;

	since = calloc(top + 1UL, sizeof(*since));
	if (!since)
		return;
	for (unsigned int n = 0; n < top; n++)
		since[n] = look_at_thread(&ledger->threads[n]);
	for (unsigned int n = 0; n < top && compel_now() < deadline;) {
		if (since[n] != NOT_AT_WORK && is_at_work(&ledger->threads[n], since[n])) {
			compel_pause(&round);
			continue;
		}
		round = 0;
		n++;
	}
	free(since);
}
