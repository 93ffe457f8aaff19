/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory behind a descriptor (shared memory, memfd): which pages it has, and what is in them. */
#ifndef CRIU_PAGES_FILE_SOURCE_H
#define CRIU_PAGES_FILE_SOURCE_H

#include "criu/pages/copy.h"

/* @fd stays with the caller. */
int page_file_source_open(int fd, struct page_source **ret_source);
/* Adds the pages of @fd that hold data, all with @flags. */
int page_file_map(int fd, uint64_t size, uint32_t flags, struct page_map *map);

#endif
