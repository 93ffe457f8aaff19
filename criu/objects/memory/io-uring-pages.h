/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffers registered with an io_uring, as the kernel holds them. */
#ifndef CRIU_OBJECTS_MEMORY_IO_URING_PAGES_H
#define CRIU_OBJECTS_MEMORY_IO_URING_PAGES_H

#include <stdbool.h>

#include "mm.pb-c.h"

struct dump;
struct fd_info;
struct task;

/* Are the buffers of @fd the memory that @task has at the addresses of @entry? Fills entry->tags, which has room for all.
 * -errno, not logged: the kernel does not tell. */
int ring_buffers_match(struct dump *dump, const struct fd_info *fd, const struct task *task,
		       RingBuffersEntry *entry, bool *ret_match);

#endif
