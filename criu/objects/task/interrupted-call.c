// SPDX-License-Identifier: GPL-2.0-only
/* A system call with a relative time-out in which a thread was interrupted. On dump what is left of it was found out
 * before (criu/collect/sleeps.c). On restore the thread begins the call with just that, is interrupted at once, and goes
 * on with it by restart_syscall(2), as after any stop: its own arguments and memory stay as they are.
 *
 * For other calls there is no such thing: they are made anew, and with what is left for their time-out if the code does
 * not look at that argument once more. */
#include <errno.h>

#include <compel/compel.h>

#include "criu/arch/arch.h"
#include "criu/objects/kinds.h"
#include "criu/objects/shortened-call.h"
#include "criu/objects/timed-call.h"
#include "criu/util/log.h"

/* Room on the restorer's stack, to which the thread never returns; the ABI keeps 128 bytes below the pointer. */
#define ROOM_ON_STACK 256

static int interrupted_call_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	ThreadCoreEntry *core = thread->core->thread_core;

	core->has_call_rest = thread->has_call_rest;
	core->call_rest = thread->call_rest;
	return 0;
}

static int interrupted_call_load(struct restore *restore, struct task *task)
{
	for (unsigned int i = 0; i < task->nr_threads; i++) {
		const struct thread *thread = &task->threads[i];
		long number = arch_call_at_ip(thread->core);

		if (thread->core->thread_core->has_call_rest &&
		    !timed_call_is_known(number, arch_thread_is_compat(thread->core)) &&
		    (arch_thread_is_compat(thread->core) || !timed_call_is_made_anew(number)))
			restore_refuse(restore, task, "thread %d: system call %ld has no time-out that could go on",
				       thread->tid, number);
	}
	return 0;
}

/* 32-bit code is in front of its own call, which it makes itself with other arguments: by a native one the kernel would
 * remember to go on with the native restart_syscall(2). */
static int begin_compat_call(struct compel_thread *compel, struct compel_registers registers,
			     const uint64_t arguments[6], long *ret_value)
{
	uint16_t instruction;
	int error = compel_read(compel->process, compel_ip(&registers), &instruction, sizeof(instruction));

	if (error < 0)
		return error;
	if (!arch_begin_compat_call(&registers, instruction, arguments)) {
		log_warn("thread %d: its system call begins anew", compel->tid);
		return 1;
	}
	return compel_begin_own_syscall(compel, &registers, ret_value);
}

static int begin_call(const struct thread *thread, struct compel_thread *compel, struct compel_registers *registers)
{
	uint64_t rest = thread->core->thread_core->call_rest, arguments[6];
	uint64_t place = (compel_sp(&compel->registers) - ROOM_ON_STACK) & ~15UL;
	long number = arch_call_at_ip(thread->core), value;
	struct timespec time;
	size_t size = timed_call_time(registers, number, rest, &time);
	int error;

	timed_call_arguments(registers, number, rest, place, arguments);
	error = compel_write(compel->process, place, &time, size);
	if (!error)
		error = compel_is_compat(registers) ? begin_compat_call(compel, *registers, arguments, &value)
						    : compel_begin_syscall(compel, number, arguments, &value);
	if (error)
		return error < 0 ? error : 0;
	if (value == COMPEL_RESTART_BLOCK)
		arch_set_call(registers, arch_restart_call(registers));
	else
		arch_end_call(registers, value);
	return compel_change_home(compel, registers);
}

static int shorten_call(const struct thread *thread, struct compel_thread *compel, struct compel_registers *registers)
{
	uint64_t rest = thread->core->thread_core->call_rest;
	long number = arch_call_at_ip(thread->core);

	if (shortened_call(compel->process, registers, compel_ip(registers), number, rest))
		return compel_change_home(compel, registers);
	log_warn("thread %d: its system call %ld begins anew: it will end late, %.3f s were left of it",
		 thread->tid, number, rest / 1e9);
	return 0;
}

static int interrupted_call_finish_thread(struct restore *restore, struct task *task, struct thread *thread)
{
	struct compel_thread *compel;
	struct compel_registers registers;
	int error;

	if (!thread->core->thread_core->has_call_rest)
		return 0;
	compel = restore_seized_thread(restore, thread);
	error = compel ? compel_get_home(compel, &registers) : -ESRCH;
	if (!error)
		error = timed_call_is_known(arch_call_at_ip(thread->core), compel_is_compat(&registers))
				? begin_call(thread, compel, &registers)
				: shorten_call(thread, compel, &registers);
	if (error < 0)
		return log_fail(error, "task %d: thread %d: its system call cannot be begun: %s", task->pid,
				thread->tid, compel_last_error());
	return 0;
}

const struct task_kind interrupted_call_kind = {
	.name = "interrupted-call",
	.dump_thread = interrupted_call_dump_thread,
	.load = interrupted_call_load,
	.finish_thread = interrupted_call_finish_thread,
};
