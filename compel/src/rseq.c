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
#define NEVER_ABORTED 7 /* RSEQ_CS_FLAG_NO_RESTART_ON_*, before Linux 6.0 */

/* The kernel ends a thread whose abort handler does not follow the signature: nothing to go on with. */
static bool has_signature(const struct compel_thread *thread, const struct rseq_sequence *sequence, uint32_t signature)
{
	uint64_t word;

	return !thread_peek(thread, sequence->abort_ip - sizeof(word), &word) && word >> 32 == signature;
}

void compel_abort_sequence(struct compel_thread *thread, uint64_t area, uint32_t signature)
{
	struct rseq_sequence sequence;
	uint64_t pointer;

	if (thread_peek(thread, area + RSEQ_CS_OFFSET, &pointer) || !pointer ||
	    process_read(thread->process, pointer, &sequence, sizeof(sequence)))
		return;
	if (compel_ip(&thread->registers) - sequence.start_ip < sequence.post_commit_offset &&
	    (sequence.flags & NEVER_ABORTED) != NEVER_ABORTED && has_signature(thread, &sequence, signature))
		compel_set_ip(&thread->registers, sequence.abort_ip);
}

void rseq_abort(struct compel_thread *thread)
{
	struct rseq_configuration configuration;

	memset(&configuration, 0, sizeof(configuration));
	if (ptrace(PTRACE_GET_RSEQ_CONFIGURATION, thread->tid, sizeof(configuration), &configuration) > 0 &&
	    configuration.address)
		compel_abort_sequence(thread, configuration.address, configuration.signature);
}
