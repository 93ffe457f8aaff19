// SPDX-License-Identifier: GPL-2.0-only
/* Memory of a thread that the kernel writes to: robust futex list, clear_child_tid, restartable sequences. */
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <compel/compel.h>

#include "criu/arch/arch.h"
#include "criu/blobs/parasite/parasite.h"
#include "criu/blobs/restorer/restorer.h"
#include "criu/objects/kinds.h"
#include "criu/util/log.h"

#ifndef PTRACE_GET_RSEQ_CONFIGURATION
#define PTRACE_GET_RSEQ_CONFIGURATION 0x420f
#endif
#define RSEQ_SIZE_BEFORE_5_13 32

struct rseq_configuration {
	uint64_t address;
	uint32_t size, signature, flags, pad;
};

static int dump_robust_list(struct thread *thread)
{
	ThreadCoreEntry *core = thread->core->thread_core;
	void *head = NULL;
	size_t length = 0;

	if (syscall(SYS_get_robust_list, thread->tid, &head, &length) < 0)
		return log_errno(errno, "thread %d: robust futex list cannot be read", thread->tid);
	core->futex_rla = (uintptr_t)head;
	core->futex_rla_len = length;
	return 0;
}

/* 0, -EIO on a kernel that does not know the request, or another -errno. */
static int ask_kernel(const struct thread *thread, struct rseq_configuration *ret)
{
	long size = ptrace(PTRACE_GET_RSEQ_CONFIGURATION, thread->tid, sizeof(*ret), ret);

	return size < 0 ? -errno : 0;
}

/* Before Linux 5.13 only the thread itself can find out, if it knows where to look: where the C library has it. */
static int thread_area_prepare_parasite_thread(struct dump *dump, struct task *task, struct thread *thread,
					       struct parasite_thread *ret)
{
	struct rseq_configuration configuration;
	uint64_t pointer;

	if (ask_kernel(thread, &configuration) != -EIO)
		return 0;
	if (arch_thread_pointer(thread->tid, &thread->compel->registers, &pointer) < 0)
		return 0;
	ret->rseq_guess = pointer + __rseq_offset;
	ret->rseq_guess_size = RSEQ_SIZE_BEFORE_5_13;
	ret->rseq_guess_signature = RSEQ_SIG;
	compel_abort_sequence(thread->compel, ret->rseq_guess, RSEQ_SIG);
	return 0;
}

static int find_rseq(struct dump *dump, struct task *task, struct thread *thread, struct rseq_configuration *ret)
{
	int error = ask_kernel(thread, ret);

	if (error != -EIO)
		return error;
	memset(ret, 0, sizeof(*ret));
	if (thread->parasite->rseq_answer == PARASITE_RSEQ_THERE) {
		ret->address = thread->parasite->rseq_guess;
		ret->size = thread->parasite->rseq_guess_size;
		ret->signature = thread->parasite->rseq_guess_signature;
	} else if (thread->parasite->rseq_answer != PARASITE_RSEQ_NONE) {
		dump_refuse(dump, task,
			    "thread %d: where its rseq area is cannot be found out on this kernel; Linux 5.13 "
			    "tells",
			    thread->tid);
	}
	return 0;
}

/* A thread inside a restartable sequence goes on at its abort handler: compel has set its IP already. */
static int dump_rseq(struct dump *dump, struct task *task, struct thread *thread)
{
	struct rseq_configuration configuration;
	RseqEntry *entry;
	int error = find_rseq(dump, task, thread, &configuration);

	if (error < 0)
		return log_errno(error, "thread %d: rseq registration cannot be read", thread->tid);
	if (!configuration.address)
		return 0;
	entry = arena_new(&dump->arena, RseqEntry);
	rseq_entry__init(entry);
	entry->rseq_abi_pointer = configuration.address;
	entry->rseq_abi_size = configuration.size;
	entry->signature = configuration.signature;
	thread->core->thread_core->rseq_entry = entry;
	return 0;
}

static int thread_area_dump_thread(struct dump *dump, struct task *task, struct thread *thread)
{
	int error = dump_robust_list(thread);

	if (error < 0)
		return error;
	arch_set_clear_tid(thread->core, thread->parasite->clear_child_tid);
	return dump_rseq(dump, task, thread);
}

static int thread_area_plan_thread(struct restore *restore, struct task *task, struct thread *thread,
				   struct restorer_thread *ret)
{
	const ThreadCoreEntry *core = thread->core->thread_core;

	ret->robust_list = core->futex_rla;
	ret->robust_list_length = core->futex_rla_len;
	ret->clear_child_tid = arch_get_clear_tid(thread->core);
	if (core->rseq_entry) {
		ret->rseq = core->rseq_entry->rseq_abi_pointer;
		ret->rseq_size = core->rseq_entry->rseq_abi_size;
		ret->rseq_signature = core->rseq_entry->signature;
	}
	return 0;
}

const struct task_kind thread_area_kind = {
	.name = "thread-area",
	.prepare_parasite_thread = thread_area_prepare_parasite_thread,
	.dump_thread = thread_area_dump_thread,
	.plan_thread = thread_area_plan_thread,
};
