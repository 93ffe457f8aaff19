// SPDX-License-Identifier: LGPL-2.1-only
/* The guardian's side: what a worker that died left undone is read from the ledger and finished. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "compel/src/internal.h"

#define SEIZE_SECONDS 5	 /* the kernel lets the tracees of a dead worker go when it gets to it */
#define SETTLE_SECONDS 5 /* for a blob to finish, for a signal handler to return */
#define FRAME_DEPTH (64UL << 10)
#define FRAME_STEP 4096UL /* what is read at once: never across the end of a mapping */

static void sleep_ms(long milliseconds)
{
	struct timespec delay = { 0, milliseconds * 1000000 };

	nanosleep(&delay, NULL);
}

static bool needs_repair(const struct compel_ledger *ledger, unsigned int slot)
{
	const struct ledger_process *process = &ledger->processes[slot];
	unsigned int top = atomic_load(&ledger->top_thread);

	if (atomic_load(&process->poked) || atomic_load(&process->blob_valid) || atomic_load(&process->nr_unmaps))
		return true;
	for (unsigned int n = 0; n < top; n++)
		if (atomic_load(&ledger->threads[n].tid) && ledger->threads[n].process == slot &&
		    atomic_load(&ledger->threads[n].flags))
			return true;
	return false;
}

/* In the frame of a 32 bit handler it has half the size. */
static bool is_address_of_ours(const struct compel_process *process, uint64_t word)
{
	return home_is_foreign(process, word) || home_is_foreign(process, (uint32_t)word) ||
	       home_is_foreign(process, word >> 32);
}

/* The frame of a signal handler that interrupted the stub or the blob holds their address. */
static bool has_frame_of_ours(struct compel_process *process, const struct compel_registers *registers)
{
	static uint64_t words[FRAME_DEPTH / sizeof(uint64_t)];
	uint64_t sp = compel_sp(registers) & ~7UL;
	size_t got = 0, step = FRAME_STEP - sp % FRAME_STEP;

	/* Up to the end of each page: behind the stack there is nothing. */
	while (step && !process_read(process, sp + got, (uint8_t *)words + got, step)) {
		got += step;
		step = FRAME_DEPTH - got < FRAME_STEP ? FRAME_DEPTH - got : FRAME_STEP;
	}
	for (size_t n = 0; n < got / sizeof(*words); n++)
		if (is_address_of_ours(process, words[n]))
			return true;
	return false;
}

/* A blob that is in the middle of its work is better let finish: it spins by itself then. */
static bool is_at_rest(const struct compel_thread *thread)
{
	const struct ledger_process *slot = process_slot(thread->process);
	uint64_t ip = compel_ip(&thread->registers);

	/* At its first byte it has not begun, nor has the system call of its stub; a gate may hold it there. */
	if (!atomic_load(&slot->blob_valid) || ip < slot->blob.address + COMPEL_BLOB_STUB + COMPEL_STUB_SIZE ||
	    ip >= slot->blob.address + slot->blob_code_size)
		return true;
	return blob_is_at_end(thread, &thread->registers);
}

static int run_a_while(struct compel_thread *thread)
{
	int error = thread_resume(thread, PTRACE_CONT, 0);

	if (error)
		return error;
	sleep_ms(2);
	if (ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL))
		return -errno;
	error = thread_wait_event_stop(thread, compel_now() + SETTLE_SECONDS * COMPEL_SECOND, NULL);
	return error ? error : thread_get_registers(thread, &thread->registers);
}

/* Decides whether the thread, whose home is in the ledger, is away; waits while it is on its way. Returns 1 if so. */
static int settle_thread(struct compel_thread *thread)
{
	struct compel_process *process = thread->process;
	uint64_t deadline = compel_now() + SETTLE_SECONDS * COMPEL_SECOND;
	uint64_t ip;
	bool foreign;
	int error = 0;

	if (thread->dead || !(atomic_load(&home_slot(thread)->flags) & LEDGER_HOME))
		return 0;
	do {
		ip = compel_ip(&thread->registers);
		foreign = home_is_foreign(process, ip);
		if (foreign ? is_at_rest(thread) : !has_frame_of_ours(process, &thread->registers))
			break;
		error = run_a_while(thread);
	} while (!error && compel_now() < deadline);
	if (error)
		return error == -ESRCH ? 0 : error;
	if (foreign) {
		thread->state = THREAD_AWAY;
		return 1;
	}
	/* Switched off, perhaps, before the thread would have left. */
	if (atomic_load(&home_slot(thread)->flags) & LEDGER_DISPATCH)
		compel_set_dispatch(thread, &home_slot(thread)->dispatch);
	atomic_store(&home_slot(thread)->flags, 0);
	return 0;
}

static int seize_again(struct compel_process *process)
{
	uint64_t deadline = compel_now() + SEIZE_SECONDS * COMPEL_SECOND;
	int error;

	while ((error = process_seize_threads(process, deadline)) == -EBUSY && compel_now() < deadline) {
		process_detach(process);
		process->nr_threads = 0;
		sleep_ms(1);
	}
	return error;
}

/* Slots of threads which do not exist any more. */
static void drop_threads(struct compel_ledger *ledger, unsigned int process)
{
	for (unsigned int n = atomic_load(&ledger->top_thread); n-- > 0;)
		if (atomic_load(&ledger->threads[n].tid) && ledger->threads[n].process == process)
			ledger_drop_thread(ledger, n);
}

static int put_back(struct compel_process *process)
{
	int error, moved = 0, result = 0;

	error = seize_again(process);
	if (!error && process->state == COMPEL_ZOMBIE)
		return 0;
	for (unsigned int n = 0; !error && n < process->nr_threads; n++) {
		result = settle_thread(&process->threads[n]);
		error = result < 0 ? result : 0;
		moved += result > 0;
	}
	if (!error)
		error = process_put_back(process);
	return error ? error : moved;
}

static int repair_process(struct compel_ledger *ledger, unsigned int slot, enum compel_verdict verdict)
{
	struct compel_process *process;
	bool stop;
	int error = process_adopt(ledger, slot, &process);

	if (error == -ESRCH) {
		drop_threads(ledger, slot);
		ledger_drop_process(ledger, slot);
		return 0;
	}
	if (error)
		return error;
	if (verdict == COMPEL_KILL)
		process_kill(process);
	else if (needs_repair(ledger, slot))
		error = put_back(process);
	stop = verdict != COMPEL_KILL && (verdict == COMPEL_STOP || atomic_load(&ledger->processes[slot].stop)) &&
	       process->state != COMPEL_ZOMBIE && process->state != COMPEL_STOPPED;
	if (stop)
		syscall(SYS_pidfd_send_signal, process->pidfd, SIGSTOP, NULL, 0);
	process_detach(process);
	if (stop)
		process_wait_stopped(process);
	if (error < 0 && error != -ESRCH) {
		/* Still in need: the slots stay for another try. */
		for (unsigned int n = 0; n < process->nr_threads; n++)
			process->threads[n].slot = UINT32_MAX;
		process->slot = UINT32_MAX;
		process_free(process);
		return error;
	}
	process_free(process);
	drop_threads(ledger, slot);
	return error > 0 ? error : 0;
}

int compel_ledger_repair(struct compel_ledger *ledger)
{
	enum compel_verdict verdict = compel_ledger_verdict(ledger);
	int moved = 0, error = 0;

	compel_clear_error();
	atomic_store(&ledger->repairing, 1);
	for (unsigned int round = 0; round < 3; round++) {
		error = 0;
		for (unsigned int slot = 0; slot < atomic_load(&ledger->top_process); slot++) {
			int result;

			if (!atomic_load(&ledger->processes[slot].pid))
				continue;
			result = repair_process(ledger, slot, verdict);
			moved += result > 0 ? result : 0;
			error = result < 0 && !error ? result : error;
		}
		if (!error)
			break;
	}
	atomic_store(&ledger->repairing, 0);
	return error ? error : moved;
}
