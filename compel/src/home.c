// SPDX-License-Identifier: LGPL-2.1-only
/* What a thread had, kept in the ledger while foreign code runs in it, and put back to the last register. */
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>

#include "compel/src/internal.h"

#define ALL_SIGNALS UINT64_MAX

struct ledger_thread *home_slot(const struct compel_thread *thread)
{
	return &thread->process->ledger->threads[thread->slot];
}

struct ledger_process *process_slot(const struct compel_process *process)
{
	return &process->ledger->processes[process->slot];
}

static bool is_within(uint64_t ip, uint64_t start, uint64_t length)
{
	return ip >= start && ip - start < length;
}

bool home_is_foreign(const struct compel_process *process, uint64_t ip)
{
	const struct ledger_process *slot = process_slot(process);

	if (atomic_load(&slot->poked) && is_within(ip, slot->stub, COMPEL_STUB_SIZE + 1))
		return true;
	if (atomic_load(&slot->blob_valid) && is_within(ip, slot->blob.address, slot->blob.length))
		return true;
	for (uint32_t n = 0; n < atomic_load(&slot->nr_unmaps); n++)
		if (is_within(ip, slot->unmaps[n].address, slot->unmaps[n].length))
			return true;
	return false;
}

bool blob_is_at_end(const struct compel_thread *thread, const struct compel_registers *registers)
{
	const struct ledger_process *slot = process_slot(thread->process);
	uint64_t ip = compel_ip(registers) - (slot->blob.address + COMPEL_BLOB_STUB + COMPEL_SPIN_OFFSET);

	return ip < COMPEL_STUB_SIZE - COMPEL_SPIN_OFFSET;
}

static int save_extended(struct compel_thread *thread)
{
	struct ledger_thread *slot = home_slot(thread);
	ssize_t size = thread_get_extended(thread, ledger_extended(thread->process->ledger, thread->slot),
					   LEDGER_EXTENDED_MAX);

	if (size < 0)
		return compel_fail((int)size, "%s: its extended registers cannot be read: %s",
				   compel_thread_name(thread), strerror((int)-size));
	slot->extended_size = (uint32_t)size;
	atomic_fetch_or(&slot->flags, LEDGER_EXTENDED);
	return 0;
}

int home_save(struct compel_thread *thread, bool extended)
{
	struct ledger_thread *slot = home_slot(thread);
	uint32_t flags = atomic_load(&slot->flags);

	if (thread_is_gone(thread))
		return compel_fail(-ESRCH, "%s: has exited", compel_thread_name(thread));
	/* Only system calls were made so far: the extended registers are the thread's own still. */
	if (extended && !(flags & (LEDGER_EXTENDED | LEDGER_GIVEN))) {
		int error = save_extended(thread);

		if (error)
			return error;
	}
	if (flags & LEDGER_HOME)
		return 0;
	slot->registers = thread->registers;
	slot->blocked = thread->blocked;
	flags = LEDGER_HOME;
	if (dispatch_read(thread, &slot->dispatch))
		flags |= LEDGER_DISPATCH;
	atomic_fetch_or(&slot->flags, flags);
	return flags & LEDGER_DISPATCH ? dispatch_switch_off(thread) : 0;
}

int home_leave(struct compel_thread *thread, const struct compel_registers *registers)
{
	bool was_home = thread->state == THREAD_STOPPED;
	int error = thread_set_registers(thread, registers);

	if (!error && was_home) {
		thread->state = THREAD_AWAY;
		error = thread_set_blocked(thread, dispatch_let_through(thread, ALL_SIGNALS));
	}
	if (error == -ESRCH)
		thread->state = THREAD_GONE;
	if (error)
		return compel_fail(error, "%s: its registers cannot be set: %s", compel_thread_name(thread),
				   strerror(-error));
	return 0;
}

/* A restart of the system call in which the thread was stopped is done by the kernel only for a thread that leaves
 * through its signal code with the registers of then: so it has to be in PTRACE_EVENT_STOP when they are set. */
int home_event_stop(struct compel_thread *thread)
{
	int error;

	if (thread->state != THREAD_SYSCALL && thread->state != THREAD_RUNNING)
		return 0;
	/* One that runs still, because it was given up, cannot be resumed: it stops all the same. */
	ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL);
	ptrace(PTRACE_CONT, thread->tid, NULL, NULL);
	error = thread_wait_event_stop(thread, compel_now() + COMPEL_PATIENCE, NULL);
	if (!error)
		thread->state = THREAD_AWAY;
	return error;
}

static int set_home(struct compel_thread *thread, const struct ledger_thread *slot)
{
	int error = 0;

	if (atomic_load(&slot->flags) & LEDGER_EXTENDED)
		error = thread_set_extended(thread, ledger_extended(thread->process->ledger, thread->slot),
					    slot->extended_size);
	if (!error)
		error = thread_set_blocked(thread, slot->blocked);
	if (!error && (atomic_load(&slot->flags) & LEDGER_DISPATCH))
		error = compel_set_dispatch(thread, &slot->dispatch);
	if (!error)
		error = thread_set_registers(thread, &slot->registers);
	return error;
}

int home_return(struct compel_thread *thread)
{
	struct ledger_thread *slot;
	int error;

	if (thread_is_gone(thread))
		return 0;
	slot = home_slot(thread);
	if (!(atomic_load(&slot->flags) & LEDGER_HOME))
		return 0;
	error = home_event_stop(thread);
	if (!error)
		error = set_home(thread, slot);
	if (error == -ESRCH) {
		thread->state = THREAD_GONE;
		return compel_fail(error, "%s: was killed meanwhile", compel_thread_name(thread));
	}
	if (error)
		return compel_fail(error, "%s: its registers cannot be put back: %s",
				   compel_thread_name(thread), strerror(-error));
	thread->state = THREAD_STOPPED;
	atomic_store(&slot->flags, 0);
	return 0;
}

int compel_set_home(struct compel_thread *thread, const struct compel_registers *registers,
		    const void *extended, size_t extended_size, uint64_t blocked)
{
	struct ledger_thread *slot;
	uint32_t flags = LEDGER_HOME | LEDGER_GIVEN;
	int error;

	compel_clear_error();
	if (thread_is_gone(thread))
		return compel_fail(-ESRCH, "%s: has exited", compel_thread_name(thread));
	if (extended_size > LEDGER_EXTENDED_MAX)
		return compel_fail(-E2BIG, "%s: %zu bytes of extended registers are too many",
				   compel_thread_name(thread), extended_size);
	slot = home_slot(thread);
	if (!(atomic_load(&slot->flags) & LEDGER_GIVEN)) {
		error = home_return(thread);
		if (error)
			return error;
	}
	atomic_store(&slot->flags, 0);
	slot->registers = *registers;
	slot->blocked = blocked;
	if (extended) {
		memcpy(ledger_extended(thread->process->ledger, thread->slot), extended, extended_size);
		slot->extended_size = (uint32_t)extended_size;
		flags |= LEDGER_EXTENDED;
	}
	atomic_store(&slot->flags, flags);
	return 0;
}

int compel_divert(struct compel_thread *thread, uint64_t ip)
{
	struct compel_registers registers = thread->registers;

	compel_clear_error();
	if (thread_is_gone(thread))
		return compel_fail(-ESRCH, "%s: has exited", compel_thread_name(thread));
	if (!(atomic_load(&home_slot(thread)->flags) & LEDGER_HOME))
		return compel_fail(-EINVAL, "%s: has no home yet", compel_thread_name(thread));
	compel_set_ip(&registers, ip);
	compel_forget_syscall(&registers);
	return home_leave(thread, &registers);
}

static int check_given(const struct compel_thread *thread)
{
	compel_clear_error();
	if (thread->dead || !(atomic_load(&home_slot(thread)->flags) & LEDGER_GIVEN))
		return compel_fail(-EINVAL, "%s: was not given registers", compel_thread_name(thread));
	return 0;
}

int compel_get_home(const struct compel_thread *thread, struct compel_registers *ret_registers)
{
	int error = check_given(thread);

	if (!error)
		*ret_registers = home_slot(thread)->registers;
	return error;
}

int compel_change_home(struct compel_thread *thread, const struct compel_registers *registers)
{
	int error = check_given(thread);

	if (!error)
		home_slot(thread)->registers = *registers;
	return error;
}

int compel_change_word(struct compel_thread *thread, const struct compel_registers *registers)
{
	int error = 0;

	if (thread_is_gone(thread))
		return -ESRCH;
	if (atomic_load(&home_slot(thread)->flags) & LEDGER_HOME)
		home_slot(thread)->registers = *registers;
	else
		error = thread_set_registers(thread, registers);
	if (!error)
		thread->registers = *registers;
	return error;
}

int compel_set_home_dispatch(struct compel_thread *thread, const struct compel_dispatch *dispatch)
{
	int error = check_given(thread);

	if (error)
		return error;
	home_slot(thread)->dispatch = *dispatch;
	atomic_fetch_or(&home_slot(thread)->flags, LEDGER_DISPATCH);
	return 0;
}

static int add_range(struct compel_process *process, uint64_t address, uint64_t length, bool kept)
{
	struct ledger_process *slot;
	uint32_t nr;

	compel_clear_error();
	if (process->state == COMPEL_ZOMBIE)
		return compel_fail(-ESRCH, "pid %d: is a zombie", process->pid);
	slot = process_slot(process);
	nr = atomic_load(&slot->nr_unmaps);
	if (nr == LEDGER_UNMAPS)
		return compel_fail(-ENOSPC, "pid %d: more than %d ranges to unmap", process->pid, LEDGER_UNMAPS);
	slot->unmaps[nr].address = address;
	slot->unmaps[nr].length = length;
	slot->kept[nr] = kept;
	atomic_store(&slot->nr_unmaps, nr + 1);
	return 0;
}

int compel_set_stop(struct compel_process *process)
{
	compel_clear_error();
	if (process->state == COMPEL_ZOMBIE)
		return compel_fail(-ESRCH, "pid %d: is a zombie", process->pid);
	atomic_store(&process_slot(process)->stop, 1);
	return 0;
}

int compel_add_unmap(struct compel_process *process, uint64_t address, uint64_t length)
{
	return add_range(process, address, length, false);
}

int compel_add_foreign(struct compel_process *process, uint64_t address, uint64_t length)
{
	return add_range(process, address, length, true);
}

ssize_t compel_get_extended_registers(struct compel_thread *thread, void *buffer, size_t size)
{
	struct ledger_thread *slot;
	ssize_t got;

	compel_clear_error();
	if (thread_is_gone(thread))
		return compel_fail(-ESRCH, "%s: has exited", compel_thread_name(thread));
	slot = home_slot(thread);
	/* Code of ours ran already: what the thread had is in the ledger. */
	if (atomic_load(&slot->flags) & LEDGER_EXTENDED) {
		got = slot->extended_size < size ? slot->extended_size : (ssize_t)size;
		memcpy(buffer, ledger_extended(thread->process->ledger, thread->slot), (size_t)got);
		return got;
	}
	got = thread_get_extended(thread, buffer, size);
	if (got < 0)
		return compel_fail((int)got, "%s: its extended registers cannot be read: %s",
				   compel_thread_name(thread), strerror((int)-got));
	return got;
}
