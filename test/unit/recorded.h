/* SPDX-License-Identifier: GPL-2.0-only */
/* Recorded files of test/unit/data/ for tests that run from the top of the tree; includes cmocka in its order. */
#ifndef TEST_UNIT_RECORDED_H
#define TEST_UNIT_RECORDED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "criu/util/read-file.h"

#define RECORDED_MAX (16UL << 20)

struct recorded {
	char *data;
	size_t size;
};

static inline struct recorded recorded_open(const char *name)
{
	struct recorded file;
	char path[256];

	snprintf(path, sizeof(path), "test/unit/data/%s", name);
	assert_int_equal(read_file_at(-100, path, RECORDED_MAX, &file.data, &file.size), 0);
	return file;
}

/* Hands each beginning of the file to @parse in memory of just that size, where a sanitizer sees an overrun. */
static inline void recorded_cut_everywhere(const char *name, void (*parse)(const char *data, size_t size))
{
	struct recorded file = recorded_open(name);

	for (size_t size = 0; size <= file.size; size++) {
		char *copy = malloc(size ? size : 1);

		assert_non_null(copy);
		memcpy(copy, file.data, size);
		parse(copy, size);
		free(copy);
	}
	free(file.data);
}

#endif
