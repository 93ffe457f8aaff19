/* SPDX-License-Identifier: GPL-2.0-only */
/* A task that lives in the address space of another, its host, is made in it and does there what each new task does.
 * Both would get into each other's way in one C library, so only one of them runs at a time: the guest has turns while
 * its host waits, until it is in the restorer. */
#ifndef CRIU_RESTORE_GUEST_H
#define CRIU_RESTORE_GUEST_H

#include <stdint.h>

struct restore;
struct task;

/* In the creator: makes @task, which has its first turn; comes back at its end. */
int guest_spawn(struct restore *restore, struct task *task, uint64_t flags);
/* In a guest: the end of a turn; comes back at the beginning of the next. */
int guest_end_turn(struct restore *restore, struct task *task);
/* In the host: a turn for each of its guests. */
int guest_give_turns(struct restore *restore, struct task *host);
/* In the host: a last turn for each, which ends in the restorer. */
int guest_see_in(struct restore *restore, struct task *host);

#endif
