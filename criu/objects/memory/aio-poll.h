/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests of AIO contexts that wait for a condition of a descriptor (IOCB_CMD_POLL of io_submit(2)). */
#ifndef CRIU_OBJECTS_MEMORY_AIO_POLL_H
#define CRIU_OBJECTS_MEMORY_AIO_POLL_H

#include <stdint.h>

#include "mm.pb-c.h"

struct dump;
struct restore;
struct task;

/* Of the context @id at @address, which the kernel's memory tells. Fills @entry; in the survey, where that is NULL, refuses
 * those that cannot be kept. -errno, not logged: the memory of the kernel cannot be read. */
int aio_polls_look(struct dump *dump, const struct task *task, uint64_t address, uint32_t id, AioRingEntry *entry);

int aio_polls_load(const struct task *task, const AioRingEntry *entry);
/* The task is seized, and all it has is there: what was asked for is asked for again. */
int aio_polls_submit(struct restore *restore, const struct task *task, const AioRingEntry *entry);

#endif
