/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that lives as long as a run: allocated piece by piece, freed at once. On obstack of the C library. */
#ifndef CRIU_UTIL_ARENA_H
#define CRIU_UTIL_ARENA_H

#include <obstack.h>
#include <stddef.h>

struct arena {
	struct obstack stack;
};

void arena_init(struct arena *arena);
void arena_free(struct arena *arena);
/* Zeroed memory, aligned for any type. Never NULL: without memory the process ends (the guardian repairs). */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_copy(struct arena *arena, const void *data, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define arena_new(arena, type) ((type *)arena_alloc(arena, sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc(arena, sizeof(type) * (count)))

#endif
