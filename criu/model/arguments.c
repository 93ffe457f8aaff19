// SPDX-License-Identifier: GPL-2.0-only
/* The arena of restorer arguments: one piece of memory, offsets from its start. */
#include "criu/model/arguments.h"

#include "criu/model/restore.h"
#include "criu/util/macros.h"

#define ARGUMENT_ALIGNMENT 16

void *arguments_alloc(struct restore *restore, size_t size, uint32_t *ret_offset)
{
	struct restore_arguments *arguments = &restore->arguments;
	size_t start = ROUND_UP(arguments->used, ARGUMENT_ALIGNMENT);

	if (size > arguments->size || start > arguments->size - size)
		return NULL;
	arguments->used = start + size;
	*ret_offset = start;
	return arguments->memory + start;
}
