/* SPDX-License-Identifier: GPL-2.0-only */
/* The arena of arguments that a new task prepares for its restorer blob. */
#ifndef CRIU_MODEL_ARGUMENTS_H
#define CRIU_MODEL_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

struct restore;

/* Zeroed memory of the arena, 16-byte aligned; *@ret_offset is its place from the arena's start. NULL when
 * the arena is full. Only in a new task, while its arguments are planned. */
void *arguments_alloc(struct restore *restore, size_t size, uint32_t *ret_offset);

#endif
