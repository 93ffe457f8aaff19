// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/stat: a name in parentheses, then numbers by position. */
#include "criu/kernel/proc/stat.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "criu/kernel/proc/open.h"
#include "criu/util/macros.h"
#include "criu/util/text.h"

/* Fields count from 1 as in proc(5); pid, comm and state are the first three. */
#define FIRST_NUMBER 4

enum width { SKIPPED, S32, U32, S64, U64 };

#define FIELD(member, kind)                                                   \
	{                                                                     \
		.offset = offsetof(struct proc_stat, member), .width = (kind) \
	}

static const struct {
	size_t offset;
	enum width width;
} fields[] = {
	[4] = FIELD(ppid, S32),	       [5] = FIELD(pgrp, S32),	       [6] = FIELD(sid, S32),
	[7] = FIELD(tty_nr, S32),      [8] = FIELD(tpgid, S32),	       [9] = FIELD(flags, U32),
	[14] = FIELD(utime, U64),      [15] = FIELD(stime, U64),       [18] = FIELD(priority, S64),
	[19] = FIELD(nice, S64),       [20] = FIELD(num_threads, S64), [21] = FIELD(itrealvalue, S64),
	[22] = FIELD(start_time, U64), [23] = FIELD(vsize, U64),       [26] = FIELD(start_code, U64),
	[27] = FIELD(end_code, U64),   [28] = FIELD(start_stack, U64), [38] = FIELD(exit_signal, S32),
	[39] = FIELD(processor, S32),  [40] = FIELD(rt_priority, U32), [41] = FIELD(policy, U32),
	[45] = FIELD(start_data, U64), [46] = FIELD(end_data, U64),    [47] = FIELD(start_brk, U64),
	[48] = FIELD(arg_start, U64),  [49] = FIELD(arg_end, U64),     [50] = FIELD(env_start, U64),
	[51] = FIELD(env_end, U64),    [52] = FIELD(exit_code, S32),
};

static int store_number(struct text *word, enum width width, char *to)
{
	int64_t number;
	uint64_t unsigned_number;
	int ret;

	if (width == SKIPPED)
		return 0;
	if (width == S32 || width == S64)
		ret = text_take_signed(word, width == S32 ? INT32_MIN : INT64_MIN,
				       width == S32 ? INT32_MAX : INT64_MAX, &number);
	else
		ret = text_take_number(word, 10, width == U32 ? UINT32_MAX : UINT64_MAX, &unsigned_number);
	if (ret < 0)
		return ret;
	if (!text_is_empty(word))
		return -EINVAL;
	switch (width) {
	case S32:
		*(int32_t *)to = (int32_t)number;
		break;
	case U32:
		*(uint32_t *)to = (uint32_t)unsigned_number;
		break;
	case S64:
		*(int64_t *)to = number;
		break;
	default:
		*(uint64_t *)to = unsigned_number;
	}
	return 0;
}

/* "PID (COMM) S": the name ends at the last parenthesis, since only numbers follow. */
static int parse_head(struct text *text, struct proc_stat *stat)
{
	struct text comm;
	uint64_t pid;
	int ret = text_take_number(text, 10, INT32_MAX, &pid);

	if (ret < 0)
		return ret;
	stat->pid = (pid_t)pid;
	if (!text_take_literal(text, " ("))
		return -EINVAL;
	comm.at = text->at;
	comm.end = memrchr(text->at, ')', text_size(text));
	if (!comm.end || text_size(&comm) >= sizeof(stat->comm))
		return -EINVAL;
	memcpy(stat->comm, comm.at, text_size(&comm));
	text->at = comm.end + 1;
	if (text_size(text) < 3 || text->at[0] != ' ' || text->at[2] != ' ')
		return -EINVAL;
	stat->state = text->at[1];
	text->at += 3;
	return 0;
}

int proc_parse_stat(const char *data, size_t size, struct proc_stat *ret_stat)
{
	struct text text = text_of(data, size), word;
	struct proc_stat stat = { 0 };
	int ret = parse_head(&text, &stat);

	if (ret < 0)
		return ret;
	for (size_t i = FIRST_NUMBER; i < ARRAY_SIZE(fields); i++) {
		if (!text_take_word(&text, &word))
			return -EINVAL;
		ret = store_number(&word, fields[i].width, (char *)&stat + fields[i].offset);
		if (ret < 0)
			return ret;
	}
	*ret_stat = stat;
	return 0;
}

static int parse(const char *data, size_t size, void *ret)
{
	return proc_parse_stat(data, size, ret);
}

int proc_read_stat(int dir_fd, struct proc_stat *ret_stat)
{
	return proc_read_parsed(dir_fd, "stat", PROC_SMALL_FILE_MAX, parse, ret_stat);
}
