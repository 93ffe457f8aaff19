/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the restorer share. A step returns 0 or -errno; what it worked on is noted for the message. */
#ifndef CRIU_BLOBS_RESTORER_INTERNAL_H
#define CRIU_BLOBS_RESTORER_INTERNAL_H

#include <stddef.h>

#include "criu/blobs/calls.h"
#include "criu/blobs/restorer/restorer.h"

struct context {
	struct restorer_task *task;
	struct restorer_thread *thread;
	struct restorer_shared *shared;
	uint64_t value; /* address, signal, id the current step works on */
};

static inline void *at_offset(const struct context *context, uint32_t offset)
{
	return (char *)context->task + offset;
}

#define TASK_STEP(name, text) long step_##name(struct context *context);
#define THREAD_STEP(name, text) long step_##name(struct context *context);
#include "criu/blobs/restorer/steps.def"
long step_set_dumpable(struct context *context);

/* What a new thread runs; does not return. Hidden: its address is taken without a table of addresses, which would
 * have to be relocated. */
void thread_main(struct context *context) __attribute__((noreturn, visibility("hidden")));
/* Makes the threads that the calling one has to make. */
long make_threads_of(struct context *context);
void wake_all(uint32_t *word);
/* Counts this thread as done and sleeps until it is seized. */
void park(struct context *context) __attribute__((noreturn));
void fail(struct context *context, enum restorer_step step, long error) __attribute__((noreturn));
void wait_for(uint32_t *counter, uint32_t wanted);
void count_up(uint32_t *counter);

#endif
