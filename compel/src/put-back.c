// SPDX-License-Identifier: LGPL-2.1-only
/* Undoing all that was done to a process, in an order in which it can be killed at any moment: first all threads but
 * one go home, that one removes mappings and descriptors, goes home too, and last the stub is taken out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>

#include "compel/src/internal.h"
#include "compel/src/proc.h"

static bool has_remote_work(const struct ledger_process *slot)
{
	return atomic_load(&slot->blob_valid) || atomic_load(&slot->nr_unmaps);
}

static int unmap(struct compel_thread *thread, const struct ledger_range *range)
{
	const uint64_t arguments[6] = { range->address, range->length };
	long value;
	int error = stub_syscall(thread, arch_nr_munmap, arguments, &value);

	if (!error && value)
		error = compel_fail((int)value, "pid %d: unmapping %lu bytes at %#lx: %s",
				    thread->process->pid, (unsigned long)range->length,
				    (unsigned long)range->address, strerror((int)-value));
	return error;
}

static int close_fds(struct compel_thread *thread, const struct ledger_process *slot)
{
	uint64_t address = atomic_load(&slot->fds);
	int fds[COMPEL_FDS_MAX], error = 0, result;
	uint32_t nr = atomic_load(&slot->nr_fds);

	if (!address || nr > COMPEL_FDS_MAX || process_read(thread->process, address, fds, nr * sizeof(*fds)))
		return 0;
	for (uint32_t n = 0; n < nr; n++) {
		const uint64_t arguments[6] = { (uint64_t)fds[n] };
		long value;

		if (fds[n] < 0)
			continue;
		result = stub_syscall(thread, arch_nr_close, arguments, &value);
		error = error ? error : result;
	}
	return error;
}

struct check {
	const struct ledger_process *slot;
	bool found, foreign;
};

static int check_mapping(void *argument, const struct proc_mapping *mapping)
{
	struct check *check = argument;
	const struct ledger_range *blob = &check->slot->blob;

	if (mapping->end <= blob->address || mapping->start >= blob->address + blob->length)
		return 0;
	if (mapping->start == blob->address && !strcmp(mapping->protection, "r-xp") && !mapping->inode)
		check->found = true;
	else if (mapping->inode || mapping->start < blob->address)
		check->foreign = true;
	return 0;
}

/* The range was noted before it was mapped: what is there now may be nothing, or not ours. */
static bool blob_is_mapped(const struct compel_thread *thread, const struct ledger_process *slot)
{
	struct check check = { .slot = slot };

	proc_visit_mappings(thread->tid, check_mapping, &check);
	return check.found && !check.foreign;
}

static int remote_work(struct compel_thread *thread)
{
	struct ledger_process *slot = process_slot(thread->process);
	uint32_t nr = atomic_load(&slot->nr_unmaps);
	int error = 0, result;

	if (atomic_load(&slot->blob_valid) && blob_is_mapped(thread, slot)) {
		error = close_fds(thread, slot);
		atomic_store(&slot->fds, 0);
		result = unmap(thread, &slot->blob);
		error = error ? error : result;
	}
	/* What is still there stays in the ledger, for another try of the repair. */
	if (!error)
		atomic_store(&slot->blob_valid, 0);
	while (nr > 0 && !error) {
		nr--;
		error = slot->kept[nr] ? 0 : unmap(thread, &slot->unmaps[nr]);
		if (!error)
			atomic_store(&slot->nr_unmaps, nr);
	}
	return error;
}

struct compel_thread *process_worker(const struct compel_process *process)
{
	for (unsigned int n = 0; n < process->nr_threads; n++) {
		struct compel_thread *thread = &process->threads[n];

		if (!thread->dead && thread->state != THREAD_GONE &&
		    (atomic_load(&home_slot(thread)->flags) & LEDGER_HOME))
			return thread;
	}
	return process_live_thread(process);
}

int process_put_back(struct compel_process *process)
{
	struct ledger_process *slot = process_slot(process);
	struct compel_thread *worker = process_worker(process);
	int error = 0, result;

	if (!worker)
		return compel_fail(-ESRCH, "pid %d: was killed meanwhile", process->pid);
	for (unsigned int n = 0; n < process->nr_threads; n++) {
		if (&process->threads[n] == worker)
			continue;
		result = home_return(&process->threads[n]);
		error = error ? error : result;
	}
	if (has_remote_work(slot)) {
		result = remote_work(worker);
		error = error ? error : result;
	}
	result = home_return(worker);
	error = error ? error : result;
	result = stub_remove(worker);
	error = error ? error : result;
	free(process->injection);
	process->injection = NULL;
	return error;
}
