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

/* Code first and executable from the start, so that it works under "memory deny write execute" too. */
static int map_injection(struct compel_thread *thread, const struct compel_injection *injection)
{
	struct ledger_process *slot = process_slot(thread->process);
	uint64_t length = injection->scratch + COMPEL_SCRATCH - injection->code;
	const uint64_t map[6] = { injection->code,	 length,
				  PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
				  (uint64_t)-1,		 0 };
	const uint64_t protect[6] = { injection->data, length - injection->code_size, PROT_READ | PROT_WRITE };
	int error;

	slot->blob.address = injection->code;
	slot->blob.length = length;
	slot->blob_code_size = injection->code_size;
	atomic_store(&slot->fds, 0);
	atomic_store(&slot->blob_valid, 1);
	error = remote(thread, "mapping", arch_nr_mmap, map);
	if (error) {
		atomic_store(&slot->blob_valid, 0);
		return error;
	}
	return remote(thread, "protecting", arch_nr_mprotect, protect);
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

/* What the blob leaves at the start of its stack; the token last. */
struct result_cell {
	int64_t value;
	uint64_t token;
};

#define CELL_ROOM 64 /* keeps the stack aligned */
#define LOOK_FOR_STOPS 32

static uint64_t cell_address(const struct compel_injection *injection)
{
	return injection->data + injection->data_size - CELL_ROOM;
}

/* A stop for other reasons is passed over: a group-stop stays in effect and shows again after we let go. */
static int pass_stop(struct compel_thread *thread)
{
	struct thread_stop stop;
	int error = thread_look(thread, &stop);
	int signal = error > 0 && !stop.event ? stop.signal : 0;

	if (error <= 0)
		return error;
	/* All are blocked: only SIGSTOP gets through, and faults of the foreign code itself. */
	if (signal && signal != SIGSTOP)
		return compel_fail(-EFAULT, "%s: foreign code raised signal %d", compel_thread_name(thread), signal);
	return thread_resume(thread, PTRACE_CONT, signal);
}

/* The blob runs without a stop, and its memory tells when it is done: a stop at each of its system calls would cost
 * more than all it does. */
static int wait_for_result(struct compel_thread *thread, uint64_t token, long *ret_value)
{
	uint64_t address = cell_address(thread->process->injection), deadline = compel_now() + COMPEL_PATIENCE;
	struct result_cell cell = { .token = 0 };
	unsigned int round = 0;
	int error = 0;

	while (!error) {
		error = process_read(thread->process, address, &cell, sizeof(cell));
		if (!error && cell.token == token)
			break;
		if (!error && round % LOOK_FOR_STOPS == LOOK_FOR_STOPS - 1)
			error = pass_stop(thread);
		if (!error && round % LOOK_FOR_STOPS == 0 && compel_now() > deadline)
			return compel_fail(-ETIME, "%s: does not come back from foreign code; is its cgroup frozen?",
					   compel_thread_name(thread));
		compel_pause(&round);
	}
	if (error == -EFAULT)
		return error;
	if (error)
		return compel_fail(-ESRCH, "%s: was killed meanwhile", compel_thread_name(thread));
	*ret_value = (long)cell.value;
	return 0;
}

static int start_blob(struct compel_thread *thread, const struct compel_registers *registers)
{
	int error;

	if (thread->process->under_seccomp)
		return gate_start(thread, registers);
	error = home_leave(thread, registers);
	if (!error && thread_resume(thread, PTRACE_CONT, 0))
		error = compel_fail(-ESRCH, "%s: was killed meanwhile", compel_thread_name(thread));
	if (!error)
		thread->state = THREAD_RUNNING;
	return error;
}

static int run_blob(struct compel_thread *thread, const struct compel_registers *registers, uint64_t token,
		    long *ret_value)
{
	int error = start_blob(thread, registers);

	if (error)
		return error;
	error = wait_for_result(thread, token, ret_value);
	if (error)
		return error;
	if (ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL))
		return compel_fail(-ESRCH, "%s: was killed meanwhile", compel_thread_name(thread));
	error = thread_wait_event_stop(thread, compel_now() + COMPEL_PATIENCE, NULL);
	if (!error)
		thread->state = THREAD_AWAY;
	return error == -ESRCH ? compel_fail(error, "%s: was killed meanwhile", compel_thread_name(thread)) : error;
}

int compel_call(struct compel_thread *thread, unsigned int command, uint64_t offset, long *ret_value)
{
	const struct compel_injection *injection = thread->process ? thread->process->injection : NULL;
	struct compel_registers registers = thread->registers;
	uint64_t token;
	long value = 0;
	int error;

	compel_clear_error();
	if (!injection)
		return compel_fail(-EINVAL, "%s: nothing is injected to be called", compel_thread_name(thread));
	error = home_save(thread, true);
	if (error)
		return error;
	/* In no injection the same twice, so that the cell needs no clearing. */
	token = ++thread->process->injection->calls;
	compel_set_call(&registers, command, injection->data + offset, token);
	compel_set_ip(&registers, injection->code);
	compel_set_sp(&registers, cell_address(injection));
	compel_forget_syscall(&registers);
	error = run_blob(thread, &registers, token, &value);
	if (!error)
		*ret_value = value;
	return error;
}

int compel_cure(struct compel_process *process)
{
	compel_clear_error();
	return process->state == COMPEL_ZOMBIE ? 0 : process_put_back(process);
}
