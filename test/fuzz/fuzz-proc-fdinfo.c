// SPDX-License-Identifier: GPL-2.0-only
/* Feeds the parser of fdinfo with garbage, and what it hands on to the parsers of locks and of named numbers. */
#include "criu/kernel/proc/fdinfo.h"

#include <string.h>

#include "criu/kernel/proc/locks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int take_line(void *context, const char *key, const char *value)
{
	struct proc_lock lock;
	uint64_t number;

	(void)context;
	proc_parse_lock(value, strlen(value), &lock);
	proc_fdinfo_find_number(value, *key ? key : "ino", 16, UINT64_MAX, &number);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_fdinfo fdinfo;

	proc_parse_fdinfo((const char *)data, size, take_line, NULL, &fdinfo);
	return 0;
}
