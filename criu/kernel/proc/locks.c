// SPDX-License-Identifier: GPL-2.0-only
/* "ID: [-> ]KIND STATE ACCESS PID MAJOR:MINOR:INODE START END" */
#include "criu/kernel/proc/locks.h"

#include <errno.h>

#include "criu/kernel/proc/open.h"
#include "criu/util/macros.h"
#include "criu/util/text.h"

struct word_value {
	const char *word;
	int value;
};

static const struct word_value kinds[] = {
	{ "POSIX", PROC_LOCK_POSIX }, { "OFDLCK", PROC_LOCK_OFD },	 { "FLOCK", PROC_LOCK_FLOCK },
	{ "LEASE", PROC_LOCK_LEASE }, { "DELEG", PROC_LOCK_DELEGATION },
};

static const struct word_value states[] = {
	{ "ADVISORY", PROC_LOCK_ACTIVE },  { "MANDATORY", PROC_LOCK_ACTIVE },
	{ "*NOINODE*", PROC_LOCK_ACTIVE }, { "MSNFS", PROC_LOCK_ACTIVE },
	{ "ACTIVE", PROC_LOCK_ACTIVE },	   { "BREAKING", PROC_LOCK_BREAKING },
	{ "BREAKER", PROC_LOCK_BREAKER },
};

static const struct word_value accesses[] = {
	{ "READ", PROC_LOCK_READ },
	{ "WRITE", PROC_LOCK_WRITE },
	{ "UNLCK", PROC_LOCK_UNLOCK },
};

static int take_word_value(struct text *text, const struct word_value *values, size_t count, int *ret_value)
{
	struct text word;

	if (!text_take_word(text, &word))
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		if (!text_equals(&word, values[i].word))
			continue;
		*ret_value = values[i].value;
		return 0;
	}
	return -EOPNOTSUPP;
}

/* "fd:01:1234", two hexadecimal and one decimal number, or "<none>:0". */
static int take_inode(struct text *text, struct proc_lock *lock)
{
	uint64_t major, minor;
	struct text word;
	int ret;

	if (!text_take_word(text, &word))
		return -EINVAL;
	if (text_equals(&word, "<none>:0"))
		return 0;
	ret = text_take_number(&word, 16, UINT32_MAX, &major);
	if (ret == 0 && !text_take_literal(&word, ":"))
		ret = -EINVAL;
	if (ret == 0)
		ret = text_take_number(&word, 16, UINT32_MAX, &minor);
	if (ret == 0 && !text_take_literal(&word, ":"))
		ret = -EINVAL;
	if (ret == 0)
		ret = text_take_number(&word, 10, UINT64_MAX, &lock->inode);
	if (ret < 0)
		return ret;
	if (!text_is_empty(&word))
		return -EINVAL;
	lock->has_inode = true;
	lock->dev_major = (uint32_t)major;
	lock->dev_minor = (uint32_t)minor;
	return 0;
}

static int take_position(struct text *text, int64_t *ret_position)
{
	struct text word;
	int ret;

	if (!text_take_word(text, &word))
		return -EINVAL;
	if (text_equals(&word, "EOF")) {
		*ret_position = INT64_MAX;
		return 0;
	}
	ret = text_take_signed(&word, INT64_MIN, INT64_MAX, ret_position);
	return ret == 0 && !text_is_empty(&word) ? -EINVAL : ret;
}

static int take_owner(struct text *text, struct proc_lock *lock)
{
	int64_t pid;
	int ret;

	text_skip_blanks(text);
	ret = text_take_signed(text, -1, INT32_MAX, &pid);
	if (ret == 0)
		lock->pid = (pid_t)pid;
	return ret;
}

static int take_head(struct text *text, struct proc_lock *lock)
{
	int ret, kind = 0, state = 0, access = 0;

	text_skip_blanks(text);
	ret = text_take_number(text, 10, UINT64_MAX, &lock->id);
	if (ret < 0)
		return ret;
	if (!text_take_literal(text, ":"))
		return -EINVAL;
	text_skip_blanks(text);
	lock->waiting = text_take_literal(text, "->");
	ret = take_word_value(text, kinds, ARRAY_SIZE(kinds), &kind);
	if (ret == 0)
		ret = take_word_value(text, states, ARRAY_SIZE(states), &state);
	if (ret == 0)
		ret = take_word_value(text, accesses, ARRAY_SIZE(accesses), &access);
	lock->kind = (enum proc_lock_kind)kind;
	lock->state = (enum proc_lock_state)state;
	lock->access = (enum proc_lock_access)access;
	return ret;
}

int proc_parse_lock(const char *data, size_t size, struct proc_lock *ret_lock)
{
	struct text text = text_of(data, size);
	struct proc_lock lock = { 0 };
	int ret = take_head(&text, &lock);

	if (ret == 0)
		ret = take_owner(&text, &lock);
	if (ret == 0)
		ret = take_inode(&text, &lock);
	if (ret == 0)
		ret = take_position(&text, &lock.start);
	if (ret == 0)
		ret = take_position(&text, &lock.end);
	if (ret < 0)
		return ret;
	text_skip_blanks(&text);
	if (!text_is_empty(&text))
		return -EINVAL;
	*ret_lock = lock;
	return 0;
}

int proc_parse_locks(const char *data, size_t size, struct proc_locks *ret_locks)
{
	_cleanup_proc_locks_ struct proc_locks locks = { 0 };
	struct text text = text_of(data, size), counted = text, line;
	size_t lines = 0;

	while (text_take_line(&counted, &line))
		lines++;
	locks.items = calloc(lines + 1, sizeof(*locks.items));
	if (!locks.items)
		return -ENOMEM;
	while (text_take_line(&text, &line)) {
		int ret = proc_parse_lock(line.at, text_size(&line), &locks.items[locks.count]);

		if (ret < 0)
			return ret;
		locks.count++;
	}
	*ret_locks = locks;
	locks = (struct proc_locks){ 0 };
	return 0;
}

static int parse(const char *data, size_t size, void *ret)
{
	return proc_parse_locks(data, size, ret);
}

int proc_read_locks(int proc_fd, struct proc_locks *ret_locks)
{
	return proc_read_parsed(proc_fd, "locks", PROC_LARGE_FILE_MAX, parse, ret_locks);
}

void proc_free_locks(struct proc_locks *locks)
{
	if (!locks)
		return;
	free(locks->items);
	*locks = (struct proc_locks){ 0 };
}
