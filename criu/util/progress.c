// SPDX-License-Identifier: GPL-2.0-only
/* Progress on a terminal. */
#include "criu/util/progress.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "criu/util/clock.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define SHOW_EVERY_USEC 100000
#define MIB (1024.0 * 1024.0)

void progress_start(struct progress *progress, const char *what, enum progress_unit unit, uint64_t total)
{
	*progress = (struct progress){ .what = what, .unit = unit, .total = total, .is_shown = isatty(STDERR_FILENO) };
	if (progress->is_shown)
		progress->start_usec = clock_usec();
}

int progress_format(const struct progress *progress, uint64_t now_usec, char *ret_text, size_t size)
{
	uint64_t usec = now_usec > progress->start_usec ? now_usec - progress->start_usec : 1;
	double mib = progress->done / MIB;
	char total[32] = "";

	if (progress->unit == PROGRESS_TASKS) {
		if (progress->total)
			snprintf(total, sizeof(total), " of %lu", (unsigned long)progress->total);
		return snprintf(ret_text, size, "%s: task %lu%s", progress->what,
				(unsigned long)progress->done, total);
	}
	if (progress->total)
		snprintf(total, sizeof(total), " of %.1f MiB", progress->total / MIB);
	return snprintf(ret_text, size, "%s: %.1f MiB%s, %.1f MiB/s", progress->what, mib, total, mib * 1e6 / usec);
}

/* A line that wraps could not be rewritten. */
static size_t terminal_width(void)
{
	struct winsize window;

	return !ioctl(STDERR_FILENO, TIOCGWINSZ, &window) && window.ws_col > 1 ? window.ws_col : 80;
}

void progress_add(struct progress *progress, uint64_t amount)
{
	char text[128];
	uint64_t now;

	progress->done += amount;
	if (!progress->is_shown)
		return;
	now = clock_usec();
	if (now - progress->shown_usec < SHOW_EVERY_USEC)
		return;
	progress->shown_usec = now;
	progress_format(progress, now, text, MIN(sizeof(text), terminal_width()));
	log_show_status(text);
}

void progress_end(struct progress *progress)
{
	if (progress->is_shown)
		log_show_status(NULL);
	progress->is_shown = false;
}
