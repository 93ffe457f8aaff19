// SPDX-License-Identifier: GPL-2.0-only
/* Arena: an obstack with zeroed pieces. */
#include "criu/util/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define obstack_chunk_alloc malloc
#define obstack_chunk_free free

void arena_init(struct arena *arena)
{
	obstack_init(&arena->stack);
	obstack_chunk_size(&arena->stack) = 256 * 1024;
	obstack_alignment_mask(&arena->stack) = 15;
}

void arena_free(struct arena *arena)
{
	obstack_free(&arena->stack, NULL);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(obstack_alloc(&arena->stack, size ? size : 1), 0, size);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
	return memcpy(obstack_alloc(&arena->stack, size ? size : 1), data, size);
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text) + 1);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		abort();

	char *copy = arena_copy(arena, text, length + 1);

	free(text);
	return copy;
}
