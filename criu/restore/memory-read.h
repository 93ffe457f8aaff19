/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading pages right into new memory. */
#ifndef CRIU_RESTORE_MEMORY_READ_H
#define CRIU_RESTORE_MEMORY_READ_H

#include <stdbool.h>
#include <stdint.h>

struct page_source;

/* Reads the pages from @start to @end into memory at @place that has no pages yet. @alone: no other process is going to be
 * made meanwhile, so that threads may take pids: much memory is read by several then. They have ended when it returns. */
int memory_read_new(struct page_source *pages, uint64_t start, uint64_t end, uint8_t *place, bool alone);

#endif
