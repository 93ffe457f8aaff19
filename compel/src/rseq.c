// SPDX-License-Identifier: LGPL-2.1-only
/* Restartable sequences: a thread stopped inside one has to go on at its abort handler. The kernel would do so by
 * itself, but not once foreign code ran: it forgets the sequence as soon as it sees the IP outside of it. */
#include <string.h>
#include <sys/ptrace.h>

#include "compel/src/internal.h"

#ifndef PTRACE_GET_RSEQ_CONFIGURATION
#define PTRACE_GET_RSEQ_CONFIGURATION 0x420f
#endif

/* As in linux/rseq.h and linux/ptrace.h. */
struct rseq_configuration {
	uint64_t address;
	uint32_t size, signature, flags, pad;
};

struct rseq_sequence {
	uint32_t version, flags;
	uint64_t start_ip, post_commit_offset, abort_ip;
};

#define RSEQ_CS_OFFSET 8

void rseq_abort(struct compel_thread *thread, struct compel_registers *registers)
{
	struct rseq_configuration configuration;
	struct rseq_sequence sequence;
	uint64_t pointer, ip = compel_ip(registers);

	memset(&configuration, 0, sizeof(configuration));
	if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, thread->tid, sizeof(configuration), &configuration) <= 0 ||
	    !configuration.address)
		return;
	if (thread_peek(thread, configuration.address + RSEQ_CS_OFFSET, &pointer) || !pointer)
		return;
	if (process_read(thread->process, pointer, &sequence, sizeof(sequence)))
		return;
	if (ip - sequence.start_ip < sequence.post_commit_offset)
		compel_set_ip(registers, sequence.abort_ip);
}
