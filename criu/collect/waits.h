/* SPDX-License-Identifier: GPL-2.0-only */
/* Since when threads wait in system calls which a stop makes begin anew: known only while they still sleep. */
#ifndef CRIU_COLLECT_WAITS_H
#define CRIU_COLLECT_WAITS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct compel_registers;
struct waits;

/* NULL without memory, as all functions take it: then nothing is known. The caller frees. */
struct waits *waits_new(void);
void waits_free(struct waits *waits);
/* For compel_seize_options: thread @tid is about to be stopped. @waits: struct waits. */
void waits_look(void *waits, pid_t tid);
/* How long thread @tid, below /proc in @fd and stopped with @registers, had waited in its call when it was looked at, in
 * nanoseconds, and rather too few. false: not known. */
bool waits_elapsed(struct waits *waits, pid_t tid, int fd, const struct compel_registers *registers, uint64_t *ret);

#endif
