// SPDX-License-Identifier: GPL-2.0-only
/* /proc/timer_list (kernel/time/timer_list.c): for each processor its clocks, for each clock its timers:
 *
 *	now at 11893803429688 nsecs
 *	  .offset:     0 nsecs
 *	 #1: <0000000001aa03fb>, hrtimer_wakeup, S:01
 *	 # expires at 11893804617790-11893804621711 nsecs [in 1188102 to 1192023 nsecs]
 */
#include "criu/kernel/proc/timer-list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "criu/kernel/proc/open.h"
#include "criu/util/text.h"

struct state {
	uint64_t now, offset; /* offset: of the clock from CLOCK_MONOTONIC */
	bool is_sleep;	      /* the line before began a timer that wakes a thread */
};

static int take_nsecs(struct text *line, uint64_t *ret)
{
	text_skip_blanks(line);
	return text_take_number(line, 10, UINT64_MAX, ret);
}

static int parse_expiry(struct text *line, const struct state *state, struct proc_sleeps *sleeps)
{
	struct proc_sleep *sleep = &sleeps->items[sleeps->count];
	int error = take_nsecs(line, &sleep->expires);

	if (error < 0)
		return error;
	sleep->left = (int64_t)(sleep->expires - state->offset - state->now);
	sleeps->count++;
	return 0;
}

static bool names_sleep(struct text *line)
{
	struct text part;

	if (!text_take_until(line, ',', &part))
		return false;
	text_skip_blanks(line);
	return text_take_literal(line, "hrtimer_wakeup,");
}

static int parse_line(struct text *line, struct state *state, struct proc_sleeps *sleeps)
{
	bool is_sleep = state->is_sleep;

	state->is_sleep = false;
	text_skip_blanks(line);
	if (text_take_literal(line, "now at"))
		return take_nsecs(line, &state->now);
	if (text_take_literal(line, ".offset:"))
		return take_nsecs(line, &state->offset);
	if (is_sleep && text_take_literal(line, "# expires at"))
		return parse_expiry(line, state, sleeps);
	if (text_take_literal(line, "#"))
		state->is_sleep = names_sleep(line);
	return 0;
}

int proc_parse_timer_list(const char *data, size_t size, struct proc_sleeps *ret_sleeps)
{
	_cleanup_proc_sleeps_ struct proc_sleeps sleeps = { 0 };
	struct text text = text_of(data, size), counted = text, line;
	struct state state = { 0 };
	size_t lines = 0;

	while (text_take_line(&counted, &line))
		lines++;
	sleeps.items = calloc(lines + 1, sizeof(*sleeps.items));
	if (!sleeps.items)
		return -ENOMEM;
	while (text_take_line(&text, &line)) {
		int error = parse_line(&line, &state, &sleeps);

		if (error < 0)
			return error;
	}
	*ret_sleeps = sleeps;
	sleeps = (struct proc_sleeps){ 0 };
	return 0;
}

static int parse(const char *data, size_t size, void *ret)
{
	return proc_parse_timer_list(data, size, ret);
}

int proc_read_timer_list(struct proc_sleeps *ret_sleeps)
{
	return proc_read_parsed(AT_FDCWD, "/proc/timer_list", PROC_LARGE_FILE_MAX, parse, ret_sleeps);
}

void proc_free_sleeps(struct proc_sleeps *sleeps)
{
	if (!sleeps)
		return;
	free(sleeps->items);
	*sleeps = (struct proc_sleeps){ 0 };
}
