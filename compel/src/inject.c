// SPDX-License-Identifier: LGPL-2.1-only
/* A blob in a process: mapped, called, unmapped. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>

#include "compel/src/internal.h"
#include "compel/src/proc.h"

#define LOWEST_ADDRESS 0x10000UL /* vm.mmap_min_addr as everybody has it */

struct gap {
	uint64_t previous_end, start, length;
};

static int look_at_gap(void *argument, const struct proc_mapping *mapping)
{
	struct gap *gap = argument;

	if (mapping->start > gap->previous_end && mapping->start - gap->previous_end > gap->length &&
	    !(mapping->start >> 63)) {
		gap->start = gap->previous_end;
		gap->length = mapping->start - gap->previous_end;
	}
	if (mapping->end > gap->previous_end)
		gap->previous_end = mapping->end;
	return 0;
}

/* The middle of the largest gap: neither the heap nor the kernel's choice for other mappings comes there. */
static int choose_address(const struct compel_process *process, uint64_t length, uint64_t *ret_address)
{
	struct gap gap = { .previous_end = LOWEST_ADDRESS };

	proc_visit_mappings(process_live_thread(process)->tid, look_at_gap, &gap);
	if (gap.length < length + 2 * COMPEL_PAGE)
		return compel_fail(-ENOMEM, "pid %d: no room for %lu bytes of code and data", process->pid,
				   (unsigned long)length);
	*ret_address = (gap.start + (gap.length - length) / 2) & ~(COMPEL_PAGE - 1);
	return 0;
}

static int remote(struct compel_thread *thread, const char *what, long number, const uint64_t arguments[6])
{
	long value;
	int error = stub_syscall(thread, number, arguments, &value);

	if (error)
		return error;
	if (value < 0 && value > -4096)
		return compel_fail((int)value, "pid %d: %s of %lu bytes at %#lx: %s", thread->process->pid,
				   what, (unsigned long)arguments[1], (unsigned long)arguments[0],
				   strerror((int)-value));
	if (number == arch_nr_mmap && (uint64_t)value != arguments[0])
		return compel_fail(-EEXIST, "pid %d: the kernel did not map at %#lx", thread->process->pid,
				   (unsigned long)arguments[0]);
	return 0;
}

/* Executable from the start, so that it works under "memory deny write execute" too; the data is made writable by the
 * first call. */
static int map_injection(struct compel_thread *thread, const struct compel_injection *injection)
{
	struct ledger_process *slot = process_slot(thread->process);
	uint64_t length = injection->scratch + COMPEL_SCRATCH - injection->code;
	const uint64_t map[6] = { injection->code,	 length,
				  PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
				  (uint64_t)-1,		 0 };
	int error;

	slot->blob.address = injection->code;
	slot->blob.length = length;
	slot->blob_code_size = injection->code_size;
	atomic_store(&slot->fds, 0);
	atomic_store(&slot->blob_valid, 1);
	error = remote(thread, "mapping", arch_nr_mmap, map);
	if (error)
		atomic_store(&slot->blob_valid, 0);
	return error;
}

int injection_make_writable(struct compel_thread *thread)
{
	struct compel_injection *injection = thread->process->injection;
	const uint64_t protect[6] = { injection->data, injection->data_size + COMPEL_SCRATCH,
				      PROT_READ | PROT_WRITE };
	int error = 0;

	if (!injection->writable)
		error = remote(thread, "protecting", arch_nr_mprotect, protect);
	if (!error)
		injection->writable = true;
	return error;
}

static int check_inject(const struct compel_process *process, const struct compel_blob *blob)
{
	if (process->state == COMPEL_ZOMBIE || !process_live_thread(process))
		return compel_fail(-ESRCH, "pid %d: is a zombie", process->pid);
	if (process->injection)
		return compel_fail(-EEXIST, "pid %d: has an injection already", process->pid);
	if (!blob->size)
		return compel_fail(-EINVAL, "pid %d: the blob is empty", process->pid);
	return 0;
}

int compel_inject(struct compel_process *process, const struct compel_blob *blob, size_t data_size, uint64_t address)
{
	struct compel_injection injection = {
		.code_size = COMPEL_ROUND(blob->size),
		.data_size = COMPEL_ROUND(data_size < COMPEL_STACK_SIZE ? COMPEL_STACK_SIZE : data_size),
	};
	int error;

	compel_clear_error();
	error = check_inject(process, blob);
	if (!error && !address)
		error = choose_address(process, injection.code_size + injection.data_size + COMPEL_SCRATCH,
				       &address);
	if (error)
		return error;
	injection.code = address;
	injection.data = address + injection.code_size;
	injection.scratch = injection.data + injection.data_size;
	process->injection = malloc(sizeof(injection));
	if (!process->injection)
		return compel_fail(-ENOMEM, "pid %d: no memory", process->pid);
	*process->injection = injection;
	error = map_injection(process_live_thread(process), &injection);
	if (!error) {
		error = process_write(process, injection.code, blob->code, blob->size);
		if (error)
			compel_fail(error, "pid %d: writing the blob at %#lx: %s", process->pid,
				    (unsigned long)injection.code, strerror(-error));
	}
	if (!error)
		return 0;
	process_put_back(process);
	return error;
}

uint64_t compel_data_address(const struct compel_process *process)
{
	return process->injection ? process->injection->data : 0;
}

#define CELL_ROOM 64 /* keeps the stack aligned */
#define ROUNDS 400   /* a quarter of a second */

struct result_wait {
	const struct compel_thread *thread;
	struct result_cell cell;
};

static int read_result(void *argument)
{
	struct result_wait *wait = argument;
	const struct compel_thread *thread = wait->thread;
	int error = process_read(thread->process, thread->cell, &wait->cell, sizeof(wait->cell));

	return error ? -ESRCH : wait->cell.token == thread->token;
}

/* The stack begins below the cell; the first call makes the data area writable on its way. */
static void fill_registers(struct compel_thread *thread, unsigned int command, uint64_t offset,
			   struct compel_registers *ret_registers)
{
	const struct compel_injection *injection = thread->process->injection;
	struct compel_entry entry = {
		.command = command,
		.argument = injection->data + offset,
		.token = thread->token,
		.spin = thread_has_seccomp(thread),
	};

	if (!injection->writable) {
		entry.data = injection->data;
		entry.length = injection->data_size + COMPEL_SCRATCH;
	}
	*ret_registers = thread->registers;
	compel_set_entry(ret_registers, &entry);
	compel_set_ip(ret_registers, injection->code);
	compel_set_sp(ret_registers, thread->cell);
	compel_forget_syscall(ret_registers);
}

/* It spins at its end without a result: its data could not be made writable. */
static int explain_no_result(struct compel_thread *thread)
{
	struct compel_registers registers;
	int error = run_stop(thread);

	if (!error)
		error = thread_get_registers(thread, &registers);
	if (error)
		return error;
	if (compel_result(&registers) < 0 && compel_result(&registers) > -4096 && blob_is_at_end(thread, &registers))
		return compel_fail((int)compel_result(&registers), "%s: no memory for data and stack: %s",
				   compel_thread_name(thread), strerror((int)-compel_result(&registers)));
	return run_start(thread);
}

static int wait_for_result(struct compel_thread *thread, long *ret_value)
{
	struct result_wait wait = { .thread = thread };
	uint64_t deadline = compel_now() + COMPEL_PATIENCE;
	int result;

	while (!(result = run_watch(thread, read_result, &wait, ROUNDS))) {
		/* Under seccomp none is stopped on its way (gate.c); its data was made writable before. */
		result = thread_has_seccomp(thread) ? 0 : explain_no_result(thread);
		if (result)
			return result;
		if (compel_now() > deadline)
			return compel_fail(-ETIME, "%s: does not come back from foreign code; is its cgroup frozen?",
					   compel_thread_name(thread));
	}
	*ret_value = (long)wait.cell.value;
	return result < 0 ? result : 0;
}

static int start_blob(struct compel_thread *thread, const struct compel_registers *registers)
{
	int error;

	if (thread_has_seccomp(thread))
		return gate_start(thread, registers);
	error = home_leave(thread, registers);
	return error ? error : run_start(thread);
}

static int check_call(struct compel_thread *thread, uint64_t stack_end)
{
	const struct compel_injection *injection = thread->process ? thread->process->injection : NULL;

	if (thread_is_gone(thread))
		return compel_fail(-ESRCH, "%s: has exited", compel_thread_name(thread));
	if (!injection)
		return compel_fail(-EINVAL, "%s: nothing is injected to be called", compel_thread_name(thread));
	if (stack_end < CELL_ROOM || stack_end > injection->data_size || stack_end % CELL_ROOM)
		return compel_fail(-EINVAL, "%s: its stack would end at %#lx", compel_thread_name(thread),
				   (unsigned long)stack_end);
	return stub_check(thread);
}

int compel_call_start(struct compel_thread *thread, unsigned int command, uint64_t offset, uint64_t stack_end)
{
	struct compel_injection *injection;
	struct compel_registers registers;
	int error;

	compel_clear_error();
	error = check_call(thread, stack_end);
	if (!error)
		error = home_save(thread, true);
	if (!error && thread_has_seccomp(thread))
		error = injection_make_writable(thread);
	if (error)
		return error;
	injection = thread->process->injection;
	/* In no injection the same twice, so that the cell needs no clearing. */
	thread->token = ++injection->calls;
	thread->cell = injection->data + stack_end - CELL_ROOM;
	fill_registers(thread, command, offset, &registers);
	atomic_store(&home_slot(thread)->token, thread->token);
	atomic_store(&home_slot(thread)->cell, thread->cell);
	return start_blob(thread, &registers);
}

int compel_call_finish(struct compel_thread *thread, long *ret_value)
{
	long value = 0;
	int error;

	compel_clear_error();
	if (thread->state != THREAD_RUNNING)
		return compel_fail(-EINVAL, "%s: is not being called", compel_thread_name(thread));
	error = wait_for_result(thread, &value);
	if (error)
		return error;
	thread->process->injection->writable = true;
	*ret_value = value;
	error = run_stop(thread);
	atomic_store(&home_slot(thread)->cell, 0);
	/* The blob lies elsewhere: who looks at the vdso meanwhile sees it as it was. */
	return error ? error : stub_remove(thread);
}

int compel_call(struct compel_thread *thread, unsigned int command, uint64_t offset, long *ret_value)
{
	const struct compel_injection *injection = thread->process ? thread->process->injection : NULL;
	int error = compel_call_start(thread, command, offset, injection ? injection->data_size : 0);

	return error ? error : compel_call_finish(thread, ret_value);
}

int compel_cure(struct compel_process *process)
{
	compel_clear_error();
	return process->state == COMPEL_ZOMBIE ? 0 : process_put_back(process);
}
