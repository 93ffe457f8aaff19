// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/limits: a table of columns, one line a limit, under a head line. */
#include "criu/kernel/proc/limits.h"

#include <errno.h>

#include "criu/kernel/proc/open.h"
#include "criu/util/text.h"

static const char *const names[PROC_LIMIT_COUNT] = {
	[RLIMIT_CPU] = "Max cpu time ",
	[RLIMIT_FSIZE] = "Max file size ",
	[RLIMIT_DATA] = "Max data size ",
	[RLIMIT_STACK] = "Max stack size ",
	[RLIMIT_CORE] = "Max core file size ",
	[RLIMIT_RSS] = "Max resident set ",
	[RLIMIT_NPROC] = "Max processes ",
	[RLIMIT_NOFILE] = "Max open files ",
	[RLIMIT_MEMLOCK] = "Max locked memory ",
	[RLIMIT_AS] = "Max address space ",
	[RLIMIT_LOCKS] = "Max file locks ",
	[RLIMIT_SIGPENDING] = "Max pending signals ",
	[RLIMIT_MSGQUEUE] = "Max msgqueue size ",
	[RLIMIT_NICE] = "Max nice priority ",
	[RLIMIT_RTPRIO] = "Max realtime priority ",
	[RLIMIT_RTTIME] = "Max realtime timeout ",
};

static int take_value(struct text *line, uint64_t *ret_value)
{
	struct text word;
	int ret;

	if (!text_take_word(line, &word))
		return -EINVAL;
	if (text_equals(&word, "unlimited")) {
		*ret_value = PROC_LIMIT_UNLIMITED;
		return 0;
	}
	ret = text_take_number(&word, 10, UINT64_MAX, ret_value);
	return ret == 0 && !text_is_empty(&word) ? -EINVAL : ret;
}

/* Returns the number of the limit, -ENOENT for one that this list does not have, or another -errno. */
static int parse_line(struct text *line, struct proc_limit *ret_limit)
{
	for (int i = 0; i < PROC_LIMIT_COUNT; i++) {
		int ret;

		if (!text_take_literal(line, names[i]))
			continue;
		ret = take_value(line, &ret_limit->soft);
		if (ret == 0)
			ret = take_value(line, &ret_limit->hard);
		return ret < 0 ? ret : i;
	}
	return -ENOENT;
}

int proc_parse_limits(const char *data, size_t size, struct proc_limits *ret_limits)
{
	struct text text = text_of(data, size), line;
	struct proc_limits limits = { 0 };
	struct proc_limit limit;
	uint32_t seen = 0;

	while (text_take_line(&text, &line)) {
		int number = parse_line(&line, &limit);

		if (number == -ENOENT)
			continue;
		if (number < 0)
			return number;
		limits.items[number] = limit;
		seen |= 1U << number;
	}
	if (seen != (1U << PROC_LIMIT_COUNT) - 1)
		return -EINVAL;
	*ret_limits = limits;
	return 0;
}

static int parse(const char *data, size_t size, void *ret)
{
	return proc_parse_limits(data, size, ret);
}

int proc_read_limits(int dir_fd, struct proc_limits *ret_limits)
{
	return proc_read_parsed(dir_fd, "limits", PROC_SMALL_FILE_MAX, parse, ret_limits);
}
