// SPDX-License-Identifier: LGPL-2.1-only
/* Shared memory of the ledger and its slots. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "compel/src/internal.h"

static size_t ledger_size(size_t max, size_t *ret_threads, size_t *ret_extended)
{
	size_t size = COMPEL_ROUND(sizeof(struct compel_ledger)) +
		      COMPEL_ROUND(max * sizeof(struct ledger_process));

	*ret_threads = size;
	size += COMPEL_ROUND(max * sizeof(struct ledger_thread));
	*ret_extended = size;
	return size + max * LEDGER_EXTENDED_MAX;
}

int compel_ledger_new(unsigned int max_threads, struct compel_ledger **ret_ledger)
{
	size_t threads, extended, size;
	struct compel_ledger *ledger;

	compel_clear_error();
	if (!max_threads || max_threads > 1U << 22)
		return compel_fail(-EINVAL, "a ledger for %u threads cannot be made", max_threads);
	size = ledger_size(max_threads, &threads, &extended);
	ledger = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ledger == MAP_FAILED)
		return compel_fail(-errno, "no memory for a ledger of %u threads: %s", max_threads,
				   strerror(errno));
	ledger->size = size;
	ledger->max = max_threads;
	ledger->processes = (void *)((uint8_t *)ledger + COMPEL_ROUND(sizeof(*ledger)));
	ledger->threads = (void *)((uint8_t *)ledger + threads);
	ledger->extended = (uint8_t *)ledger + extended;
	*ret_ledger = ledger;
	return 0;
}

void compel_ledger_free(struct compel_ledger *ledger)
{
	if (ledger)
		munmap(ledger, ledger->size);
}

void compel_ledger_set_verdict(struct compel_ledger *ledger, enum compel_verdict verdict)
{
	atomic_store(&ledger->verdict, verdict);
}

enum compel_verdict compel_ledger_verdict(const struct compel_ledger *ledger)
{
	return (enum compel_verdict)atomic_load(&ledger->verdict);
}

int ledger_claim_process(struct compel_ledger *ledger, pid_t pid, uint64_t start_time, unsigned int *ret_slot)
{
	unsigned int top = atomic_load(&ledger->top_process), slot = top;
	struct ledger_process *process;

	if (ledger->free_processes) {
		for (slot = 0; slot < top && atomic_load(&ledger->processes[slot].pid); slot++)
			;
		ledger->free_processes -= slot < top;
	}
	if (slot >= ledger->max)
		return compel_fail(-ENOSPC, "pid %d: the ledger is full (%u processes)", pid, ledger->max);
	process = &ledger->processes[slot];
	memset(process, 0, sizeof(*process));
	process->start_time = start_time;
	atomic_store(&process->pid, pid);
	if (slot == top)
		atomic_store(&ledger->top_process, top + 1);
	*ret_slot = slot;
	return 0;
}

bool ledger_has_other(const struct compel_ledger *ledger, unsigned int slot, pid_t pid)
{
	unsigned int top = atomic_load(&ledger->top_process);

	for (unsigned int n = 0; n < top; n++)
		if (n != slot && atomic_load(&ledger->processes[n].pid) == pid)
			return true;
	return false;
}

void ledger_drop_process(struct compel_ledger *ledger, unsigned int slot)
{
	atomic_store(&ledger->processes[slot].pid, 0);
	ledger->free_processes++;
}

int ledger_claim_thread(struct compel_ledger *ledger, unsigned int process, pid_t tid, unsigned int *ret_slot)
{
	unsigned int top = atomic_load(&ledger->top_thread), slot = top;
	struct ledger_thread *thread;

	if (top >= ledger->max && ledger->free_threads) {
		for (slot = 0; slot < top && atomic_load(&ledger->threads[slot].tid); slot++)
			;
		ledger->free_threads -= slot < top;
	}
	if (slot >= ledger->max)
		return compel_fail(-ENOSPC, "thread %d: the ledger is full (%u threads)", tid, ledger->max);
	thread = &ledger->threads[slot];
	atomic_store(&thread->flags, 0);
	atomic_store(&thread->cell, 0);
	thread->process = process;
	atomic_store(&thread->tid, tid);
	if (slot == top)
		atomic_store(&ledger->top_thread, top + 1);
	*ret_slot = slot;
	return 0;
}

void ledger_drop_thread(struct compel_ledger *ledger, unsigned int slot)
{
	unsigned int top = atomic_load(&ledger->top_thread);

	atomic_store(&ledger->threads[slot].flags, 0);
	atomic_store(&ledger->threads[slot].tid, 0);
	if (slot + 1 == top)
		atomic_store(&ledger->top_thread, slot);
	else
		ledger->free_threads++;
}

void *ledger_extended(const struct compel_ledger *ledger, unsigned int slot)
{
	return ledger->extended + (size_t)slot * LEDGER_EXTENDED_MAX;
}
