// SPDX-License-Identifier: GPL-2.0-only
/* Files of /proc/PID that hold a single value. */
#include "criu/kernel/proc/value.h"

#include <errno.h>

#include "criu/kernel/proc/open.h"
#include "criu/util/cleanup.h"
#include "criu/util/text.h"

int proc_parse_number(const char *data, size_t size, int base, int64_t min, uint64_t max, uint64_t *ret_number)
{
	struct text text = text_of(data, size);
	uint64_t number;
	int ret;

	if (!size)
		return -ENODATA;
	if (min < 0 && data[0] == '-') {
		int64_t negative;

		ret = text_take_signed(&text, min, -1, &negative);
		number = ret == 0 ? (uint64_t)negative : 0;
	} else {
		ret = text_take_number(&text, base, max, &number);
	}
	if (ret < 0)
		return ret;
	text_take_literal(&text, "\n");
	if (!text_is_empty(&text))
		return -EINVAL;
	*ret_number = number;
	return 0;
}

int proc_read_number(int dir_fd, const char *name, int base, int64_t min, uint64_t max, uint64_t *ret_number)
{
	_cleanup_free_ char *data = NULL;
	size_t size;
	int ret = proc_read_file(dir_fd, name, PROC_SMALL_FILE_MAX, &data, &size);

	return ret < 0 ? ret : proc_parse_number(data, size, base, min, max, ret_number);
}

int proc_read_string(int dir_fd, const char *name, char **ret_string)
{
	_cleanup_free_ char *data = NULL;
	size_t size;
	int ret = proc_read_file(dir_fd, name, PROC_SMALL_FILE_MAX, &data, &size);

	if (ret < 0)
		return ret;
	if (size && data[size - 1] == '\n')
		data[size - 1] = '\0';
	*ret_string = steal_pointer(&data);
	return 0;
}

static int read_u32(int dir_fd, const char *name, int base, uint32_t *ret_value)
{
	uint64_t number;
	int ret = proc_read_number(dir_fd, name, base, 0, UINT32_MAX, &number);

	if (ret == 0)
		*ret_value = (uint32_t)number;
	return ret;
}

int proc_read_oom_score_adj(int dir_fd, int *ret_value)
{
	uint64_t number;
	int ret = proc_read_number(dir_fd, "oom_score_adj", 10, -1000, 1000, &number);

	if (ret == 0)
		*ret_value = (int)(int64_t)number;
	return ret;
}

int proc_read_loginuid(int dir_fd, uint32_t *ret_uid)
{
	return read_u32(dir_fd, "loginuid", 10, ret_uid);
}

int proc_read_personality(int dir_fd, uint32_t *ret_personality)
{
	return read_u32(dir_fd, "personality", 16, ret_personality);
}

int proc_read_coredump_filter(int task_fd, uint32_t *ret_filter)
{
	return read_u32(task_fd, "coredump_filter", 16, ret_filter);
}

int proc_read_timerslack(int task_fd, uint64_t *ret_nanoseconds)
{
	return proc_read_number(task_fd, "timerslack_ns", 10, 0, UINT64_MAX, ret_nanoseconds);
}

int proc_parse_autogroup_nice(const char *data, size_t size, void *ret_nice)
{
	struct text text = text_of(data, size), word;
	uint64_t number;
	int64_t nice;
	int ret;

	if (!size)
		return -ENODATA;
	if (!text_take_literal(&text, "/autogroup-") || text_take_number(&text, 10, UINT64_MAX, &number) < 0 ||
	    !text_take_word(&text, &word) || !text_equals(&word, "nice"))
		return -EINVAL;
	text_skip_blanks(&text);
	ret = text_take_signed(&text, -20, 19, &nice);
	if (ret < 0)
		return ret;
	*(int *)ret_nice = (int)nice;
	return 0;
}

int proc_read_autogroup_nice(int task_fd, int *ret_nice)
{
	return proc_read_parsed(task_fd, "autogroup", PROC_SMALL_FILE_MAX, proc_parse_autogroup_nice, ret_nice);
}

int proc_read_comm(int dir_fd, char **ret_comm)
{
	return proc_read_string(dir_fd, "comm", ret_comm);
}

int proc_read_wchan(int dir_fd, char **ret_wchan)
{
	return proc_read_string(dir_fd, "wchan", ret_wchan);
}
