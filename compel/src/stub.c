// SPDX-License-Identifier: LGPL-2.1-only
/* The system call stub: an instruction and a loop in unused bytes of the ELF header that the vdso begins with.
 *
 * The page is copied by the first poke and stays a private copy with the old bytes after the cure. Dropping the copy
 * (madvise) is no more than a page saved, and the system call that did it would return into the bytes that are
 * gone: a kill at that moment would end the target. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>

#include "compel/src/internal.h"
#include "compel/src/proc.h"

#define RESTART_FIRST 512 /* ERESTARTSYS */
#define RESTART_LAST (-COMPEL_RESTART_BLOCK)
#define STUB_WORD (COMPEL_STUB_OFFSET & ~7UL)
#define ELF_MAGIC 0x464c457fU

bool is_restart(long value)
{
	return value <= -RESTART_FIRST && value >= -RESTART_LAST;
}

static uint64_t with_stub(uint64_t word)
{
	memcpy((uint8_t *)&word + COMPEL_STUB_OFFSET - STUB_WORD, compel_stub_code, COMPEL_STUB_SIZE);
	return word;
}

static int find_vdso_mapping(void *argument, const struct proc_mapping *mapping)
{
	if (strcmp(mapping->name, "[vdso]"))
		return 0;
	*(uint64_t *)argument = mapping->start;
	return 1;
}

/* Open or closed. */
static bool is_stub(uint64_t word, uint64_t original)
{
	((uint8_t *)&word)[COMPEL_STUB_OFFSET - STUB_WORD + 1] = compel_stub_code[1];
	return word == with_stub(original);
}

static bool is_usable(const struct compel_thread *thread, uint64_t vdso, uint64_t *ret_word)
{
	uint64_t magic;

	return vdso && !thread_peek(thread, vdso, &magic) && (uint32_t)magic == ELF_MAGIC &&
	       !thread_peek(thread, vdso + STUB_WORD, ret_word);
}

/* Its address stands in the auxiliary vector, unless it was moved. */
static int find_vdso(const struct compel_thread *thread, uint64_t *ret_vdso, uint64_t *ret_word)
{
	uint64_t vdso = proc_read_vdso(thread->tid);

	if (!is_usable(thread, vdso, ret_word)) {
		vdso = 0;
		proc_visit_mappings(thread->tid, find_vdso_mapping, &vdso);
		if (!is_usable(thread, vdso, ret_word))
			return compel_fail(-EOPNOTSUPP,
					   "pid %d: has no vdso mapped, from which system calls could be made",
					   thread->process->pid);
	}
	*ret_vdso = vdso;
	return 0;
}

int stub_check(struct compel_thread *thread)
{
	if (compel_is_compat(&thread->registers) && !arch_runs_in_compat)
		return compel_fail(-EOPNOTSUPP, "%s: runs 32 bit code, nothing can be injected",
				   compel_thread_name(thread));
	if (!compel_suspends_seccomp() && thread_has_seccomp(thread))
		return compel_fail(-EPERM, "%s: has seccomp filters, which can be suspended only with CAP_SYS_ADMIN",
				   compel_thread_name(thread));
	return 0;
}

int stub_poke(struct compel_thread *thread)
{
	struct ledger_process *slot = process_slot(thread->process);
	uint64_t vdso = 0, word = 0;
	int error;

	if (atomic_load(&slot->poked))
		return 0;
	error = stub_check(thread);
	if (!error)
		error = find_vdso(thread, &vdso, &word);
	if (error)
		return error;
	/* Left by somebody who was killed together with the guardian: what was there before is known. */
	if (is_stub(word, word))
		memset((uint8_t *)&word + COMPEL_STUB_OFFSET - STUB_WORD, 0, COMPEL_STUB_SIZE);
	slot->stub = vdso + COMPEL_STUB_OFFSET;
	slot->stub_word = word;
	atomic_store(&slot->poked, 1);
	error = thread_poke(thread, vdso + STUB_WORD, with_stub(word));
	if (!error)
		return 0;
	atomic_store(&slot->poked, 0);
	return compel_fail(error, "pid %d: its vdso cannot be written: %s", thread->process->pid, strerror(-error));
}

int stub_remove(struct compel_thread *thread)
{
	struct ledger_process *slot = process_slot(thread->process);
	uint64_t address = slot->stub - COMPEL_STUB_OFFSET + STUB_WORD, word;
	int error;

	if (!atomic_load(&slot->poked))
		return 0;
	error = thread_peek(thread, address, &word);
	if (!error && is_stub(word, slot->stub_word))
		error = thread_poke(thread, address, slot->stub_word);
	if (error == -ESRCH)
		return error;
	atomic_store(&slot->poked, 0);
	return 0;
}

/* Stops for other reasons are passed over: a group-stop stays in effect and shows again after we let go. */
int thread_run_to_syscall_stop(struct compel_thread *thread)
{
	struct thread_stop stop;
	int error, signal = 0;

	for (;;) {
		error = thread_resume(thread, PTRACE_SYSCALL, signal);
		if (!error) {
			thread->state = THREAD_SYSCALL;
			error = thread_wait(thread, compel_now() + COMPEL_PATIENCE, &stop);
		}
		if (error == -ETIME)
			return compel_fail(error, "%s: does not come back from a system call; is its cgroup frozen?",
					   compel_thread_name(thread));
		if (error)
			return compel_fail(-ESRCH, "%s: was killed meanwhile", compel_thread_name(thread));
		if (stop.signal == (SIGTRAP | 0x80))
			return 0;
		signal = stop.event ? 0 : stop.signal;
		/* All are blocked: only SIGSTOP gets through, and faults of the foreign code itself. */
		if (signal && signal != SIGSTOP)
			error = dispatch_judge(thread, signal);
		if (error)
			return error;
	}
}

static int result_of(const struct compel_thread *thread, long *ret_value)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_EXIT)
		return compel_fail(-ESRCH, "%s: was lost in a system call", compel_thread_name(thread));
	*ret_value = (long)info.exit.rval;
	return 0;
}

/* Twice a stop: into it and out of it; interrupted by a group-stop the kernel runs it once more. */
static int run_with_stops(struct compel_thread *thread, long *ret_value)
{
	int error = thread_run_to_syscall_stop(thread);

	if (!error)
		error = thread_run_to_syscall_stop(thread);
	return error ? error : result_of(thread, ret_value);
}

static int prepare_syscall(struct compel_thread *thread, long number, const uint64_t arguments[6],
			   struct compel_registers *ret_registers)
{
	int error = home_save(thread, false);

	if (!error)
		error = stub_poke(thread);
	if (error)
		return error;
	*ret_registers = thread->registers;
	compel_set_syscall(ret_registers, number, arguments);
	compel_set_ip(ret_registers, process_slot(thread->process)->stub);
	compel_forget_syscall(ret_registers);
	return 0;
}

int stub_syscall(struct compel_thread *thread, long number, const uint64_t arguments[6], long *ret_value)
{
	struct compel_registers registers;
	int error = prepare_syscall(thread, number, arguments, &registers);
	long value;

	if (!error && thread_has_seccomp(thread))
		return gate_syscall(thread, &registers, ret_value);
	if (!error)
		error = home_leave(thread, &registers);
	do {
		if (!error)
			error = run_with_stops(thread, &value);
		if (error)
			return error;
	} while (is_restart(value));
	*ret_value = value;
	return 0;
}

int compel_syscall(struct compel_thread *thread, long number, const uint64_t arguments[6], long *ret_value)
{
	compel_clear_error();
	if (thread_is_gone(thread))
		return compel_fail(-ESRCH, "%s: has exited", compel_thread_name(thread));
	return stub_syscall(thread, number, arguments, ret_value);
}

/* The interruption is there before the call begins: it gets as far as its sleep and no further. */
static int begin_syscall(struct compel_thread *thread, long *ret_value)
{
	int error = thread_run_to_syscall_stop(thread);

	if (!error && ptrace(PTRACE_INTERRUPT, thread->tid, NULL, NULL))
		error = compel_fail(-errno, "%s: was killed meanwhile", compel_thread_name(thread));
	if (!error)
		error = thread_run_to_syscall_stop(thread);
	return error ? error : result_of(thread, ret_value);
}

int compel_begin_syscall(struct compel_thread *thread, long number, const uint64_t arguments[6], long *ret_value)
{
	struct compel_registers registers;
	int error;

	compel_clear_error();
	error = prepare_syscall(thread, number, arguments, &registers);
	if (!error)
		error = home_leave(thread, &registers);
	return error ? error : begin_syscall(thread, ret_value);
}

int compel_begin_own_syscall(struct compel_thread *thread, const struct compel_registers *registers, long *ret_value)
{
	struct compel_registers own = *registers;
	int error;

	compel_clear_error();
	error = home_save(thread, false);
	compel_forget_syscall(&own);
	if (!error)
		error = home_leave(thread, &own);
	return error ? error : begin_syscall(thread, ret_value);
}
