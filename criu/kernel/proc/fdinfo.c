// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/fdinfo/FD: lines "key:\tvalue"; what a kind of file adds is handed on. */
#include "criu/kernel/proc/fdinfo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "criu/kernel/proc/open.h"
#include "criu/util/cleanup.h"
#include "criu/util/text.h"

enum { SEEN_POS = 1, SEEN_FLAGS = 2 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Whole value as a number, or an error. */
static int parse_whole(const struct text *value, int base, uint64_t max, uint64_t *ret_number)
{
	struct text rest = *value;
	int ret = text_take_number(&rest, base, max, ret_number);

	return ret == 0 && !text_is_empty(&rest) ? -EINVAL : ret;
}

/* Returns 1 when the line was one of the common ones, 0 when not, or -errno. */
static int parse_common(const struct text *key, const struct text *value, struct proc_fdinfo *fdinfo, int *seen)
{
	struct text rest = *value;
	uint64_t number = 0;
	int64_t signed_number = 0;
	int ret;

	if (text_equals(key, "pos")) {
		ret = text_take_signed(&rest, INT64_MIN, INT64_MAX, &fdinfo->pos);
		*seen |= SEEN_POS;
	} else if (text_equals(key, "flags")) {
		ret = parse_whole(value, 8, UINT32_MAX, &number);
		fdinfo->flags = (uint32_t)number;
		*seen |= SEEN_FLAGS;
	} else if (text_equals(key, "mnt_id")) {
		ret = text_take_signed(&rest, -1, INT32_MAX, &signed_number);
		fdinfo->mnt_id = (int)signed_number;
	} else if (text_equals(key, "ino")) {
		ret = parse_whole(value, 10, UINT64_MAX, &fdinfo->inode);
	} else {
		return 0;
	}
	return ret < 0 ? ret : 1;
}

static int hand_on(const struct text *key, const struct text *value, proc_fdinfo_line line, void *context)
{
	_cleanup_free_ char *key_copy = text_copy(key), *value_copy = text_copy(value);

	if (!key_copy || !value_copy)
		return -ENOMEM;
	return line(context, key_copy, value_copy);
}

int proc_parse_fdinfo(const char *data, size_t size, proc_fdinfo_line line, void *context,
		      struct proc_fdinfo *ret_fdinfo)
{
	struct text text = text_of(data, size), value;
	struct proc_fdinfo fdinfo = { .mnt_id = -1 };
	int seen = 0;

	while (text_take_line(&text, &value)) {
		struct text key = { 0 };
		int ret;

		if (!text_take_until(&value, ':', &key))
			key = text_of("", 0);
		text_trim(&value);
		ret = parse_common(&key, &value, &fdinfo, &seen);
		if (ret == 0 && line && !(text_is_empty(&key) && text_is_empty(&value)))
			ret = hand_on(&key, &value, line, context);
		if (ret < 0)
			return ret;
	}
	if (seen != (SEEN_POS | SEEN_FLAGS))
		return -EINVAL;
	*ret_fdinfo = fdinfo;
	return 0;
}

int proc_read_fdinfo(int dir_fd, int fd, proc_fdinfo_line line, void *context, struct proc_fdinfo *ret_fdinfo)
{
	_cleanup_free_ char *data = NULL;
	char name[32];
	size_t size;
	int ret;

	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	ret = proc_read_file(dir_fd, name, PROC_LARGE_FILE_MAX, &data, &size);
	if (ret < 0)
		return ret;
	return proc_parse_fdinfo(data, size, line, context, ret_fdinfo);
}

/* Behind the next "NAME:" that starts a word, or NULL. */
static const char *find_name(const char *value, const char *name)
{
	size_t length = strlen(name);
	const char *at = value;

	while ((at = strstr(at, name))) {
		if ((at == value || is_blank(at[-1])) && at[length] == ':')
			return at + length + 1;
		at += length;
	}
	return NULL;
}

int proc_fdinfo_find_number(const char *value, const char *name, int base, uint64_t max, uint64_t *ret_number)
{
	const char *at = find_name(value, name);
	struct text rest;

	if (!at)
		return -ENOENT;
	rest = text_of(at, strlen(at));
	text_skip_blanks(&rest);
	if (base == 16)
		text_take_literal(&rest, "0x");
	return text_take_number(&rest, base, max, ret_number);
}
