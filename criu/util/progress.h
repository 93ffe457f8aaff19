/* SPDX-License-Identifier: GPL-2.0-only */
/* Progress of long work as one line on the terminal, rewritten at most ten times a second. Silent when stderr is no
 * terminal. One process shows progress at a time. */
#ifndef CRIU_UTIL_PROGRESS_H
#define CRIU_UTIL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum progress_unit {
	PROGRESS_TASKS, /* "dump: task 3 of 17" */
	PROGRESS_BYTES, /* "pages: 12.5 MiB of 900.0 MiB, 512.0 MiB/s" */
};

struct progress {
	const char *what; /* stands in front of the numbers; not copied */
	enum progress_unit unit;
	uint64_t done, total; /* total 0: not known */
	uint64_t start_usec, shown_usec;
	bool is_shown; /* stderr is a terminal */
};

/* Also right for a zeroed struct that is never started: the other calls then do nothing visible. */
void progress_start(struct progress *progress, const char *what, enum progress_unit unit, uint64_t total);
/* @amount more is done. Cheap: looks at the clock, writes rarely. */
void progress_add(struct progress *progress, uint64_t amount);
/* Takes the line away. */
void progress_end(struct progress *progress);

/* The line as it is shown at @now_usec. Returns its length as snprintf does. */
int progress_format(const struct progress *progress, uint64_t now_usec, char *ret_text, size_t size);

#endif
