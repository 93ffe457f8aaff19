// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/timers: four lines a timer, in fixed order. */
#include "criu/kernel/proc/timers.h"

#include <errno.h>
#include <signal.h>

#include "criu/kernel/proc/open.h"
#include "criu/util/macros.h"
#include "criu/util/text.h"

#define LINES_PER_TIMER 4

static const struct {
	const char *word;
	int notify;
} notify_words[] = {
	{ "signal", SIGEV_SIGNAL },
	{ "none", SIGEV_NONE },
	{ "thread", SIGEV_THREAD },
};

static int take_integer(struct text *text, int64_t min, int *ret_integer)
{
	int64_t number;
	int ret = text_take_signed(text, min, INT32_MAX, &number);

	if (ret == 0)
		*ret_integer = (int)number;
	return ret;
}

/* The next line, which must start with @name. */
static int take_named(struct text *text, const char *name, struct text *ret_value)
{
	if (!text_take_line(text, ret_value) || !text_take_literal(ret_value, name))
		return -EINVAL;
	text_trim(ret_value);
	return 0;
}

/* "14/00007ffc12345678" */
static int parse_signal(struct text *value, struct proc_timer *timer)
{
	int ret = take_integer(value, 0, &timer->signal);

	if (ret < 0)
		return ret;
	if (!text_take_literal(value, "/"))
		return -EINVAL;
	text_take_literal(value, "0x");
	return text_take_number(value, 16, UINT64_MAX, &timer->value);
}

/* "signal/pid.123", "none/tid.5" */
static int parse_notify(struct text *value, struct proc_timer *timer)
{
	struct text word;
	size_t i;

	if (!text_take_until(value, '/', &word))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(notify_words) && !text_equals(&word, notify_words[i].word); i++)
		;
	if (i == ARRAY_SIZE(notify_words))
		return -EINVAL;
	timer->notify = notify_words[i].notify;
	if (text_take_literal(value, "tid."))
		timer->notify |= SIGEV_THREAD_ID;
	else if (!text_take_literal(value, "pid."))
		return -EINVAL;
	return take_integer(value, 0, &timer->target);
}

static int parse_timer(struct text *text, struct proc_timer *ret_timer)
{
	struct text value;
	int ret = take_named(text, "ID:", &value);

	if (ret == 0)
		ret = take_integer(&value, 0, &ret_timer->id);
	if (ret == 0)
		ret = take_named(text, "signal:", &value);
	if (ret == 0)
		ret = parse_signal(&value, ret_timer);
	if (ret == 0)
		ret = take_named(text, "notify:", &value);
	if (ret == 0)
		ret = parse_notify(&value, ret_timer);
	if (ret == 0)
		ret = take_named(text, "ClockID:", &value);
	return ret == 0 ? take_integer(&value, INT32_MIN, &ret_timer->clock) : ret;
}

int proc_parse_timers(const char *data, size_t size, struct proc_timers *ret_timers)
{
	_cleanup_proc_timers_ struct proc_timers timers = { 0 };
	struct text text = text_of(data, size), counted = text, line;
	size_t lines = 0;

	while (text_take_line(&counted, &line))
		lines++;
	timers.items = calloc(lines / LINES_PER_TIMER + 1, sizeof(*timers.items));
	if (!timers.items)
		return -ENOMEM;
	while (!text_is_empty(&text)) {
		struct proc_timer timer = { 0 };
		int ret = parse_timer(&text, &timer);

		if (ret < 0)
			return ret;
		timers.items[timers.count++] = timer;
	}
	*ret_timers = timers;
	timers = (struct proc_timers){ 0 };
	return 0;
}

static int parse(const char *data, size_t size, void *ret)
{
	return proc_parse_timers(data, size, ret);
}

int proc_read_timers(int task_fd, struct proc_timers *ret_timers)
{
	return proc_read_parsed(task_fd, "timers", PROC_LARGE_FILE_MAX, parse, ret_timers);
}

void proc_free_timers(struct proc_timers *timers)
{
	if (!timers)
		return;
	free(timers->items);
	*timers = (struct proc_timers){ 0 };
}
