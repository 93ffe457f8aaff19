// SPDX-License-Identifier: GPL-2.0-only
/* /proc/TID/sched (kernel/sched/debug.c), of which these lines are read:
 *
 *	se.exec_start                                :      46403403.415284
 *	nr_voluntary_switches                        :                   12
 *
 * and /proc/TID/syscall (proc(5)): number, six arguments, stack pointer and instruction pointer. */
#include "criu/kernel/proc/sched.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "criu/kernel/proc/open.h"
#include "criu/util/cleanup.h"
#include "criu/util/text.h"

#define NSEC_PER_MSEC 1000000ULL

static bool take_colon(struct text *line)
{
	text_skip_blanks(line);
	if (!text_take_literal(line, ":"))
		return false;
	text_skip_blanks(line);
	return true;
}

/* Milliseconds with six digits behind the point. */
static int take_msecs(struct text *line, uint64_t *ret_nsec)
{
	uint64_t msec, nsec;
	int error = text_take_number(line, 10, UINT64_MAX / NSEC_PER_MSEC - 1, &msec);

	if (error < 0 || !text_take_literal(line, ".") || text_size(line) != 6)
		return error < 0 ? error : -EINVAL;
	error = text_take_number(line, 10, NSEC_PER_MSEC - 1, &nsec);
	if (error < 0)
		return error;
	*ret_nsec = msec * NSEC_PER_MSEC + nsec;
	return 0;
}

int proc_parse_sched(const char *data, size_t size, void *ret_sched)
{
	struct text text = text_of(data, size), line;
	struct proc_sched sched = { 0 };
	bool has_start = false, has_sleeps = false;

	while (text_take_line(&text, &line)) {
		int error = 0;

		if (text_take_literal(&line, "se.exec_start") && take_colon(&line)) {
			error = take_msecs(&line, &sched.exec_start);
			has_start = true;
		} else if (text_take_literal(&line, "nr_voluntary_switches") && take_colon(&line)) {
			error = text_take_number(&line, 10, UINT64_MAX, &sched.sleeps);
			has_sleeps = true;
		}
		if (error < 0)
			return error;
	}
	if (!has_start || !has_sleeps)
		return -ENODATA;
	*(struct proc_sched *)ret_sched = sched;
	return 0;
}

int proc_read_sched(int dir_fd, struct proc_sched *ret_sched)
{
	return proc_read_parsed(dir_fd, "sched", PROC_SMALL_FILE_MAX, proc_parse_sched, ret_sched);
}

static int take_address(struct text *text, uint64_t *ret)
{
	text_skip_blanks(text);
	return text_take_literal(text, "0x") ? text_take_number(text, 16, UINT64_MAX, ret) : -EINVAL;
}

int proc_parse_syscall(const char *data, size_t size, void *ret_syscall)
{
	struct text text = text_of(data, size);
	struct proc_syscall call = { 0 };
	int64_t number;
	int error;

	if (text_take_literal(&text, "running"))
		return -ENODATA;
	error = text_take_signed(&text, INT32_MIN, INT32_MAX, &number);
	if (error < 0)
		return error;
	if (number < 0)
		return -ENODATA;
	call.number = (long)number;
	for (unsigned int i = 0; !error && i < 6; i++)
		error = take_address(&text, &call.arguments[i]);
	if (!error)
		error = take_address(&text, &call.sp);
	if (!error)
		error = take_address(&text, &call.ip);
	if (error < 0)
		return error;
	*(struct proc_syscall *)ret_syscall = call;
	return 0;
}

/* Asked for of each thread of a tree: no directory is opened for it, no memory taken. */
int proc_read_syscall(pid_t tid, struct proc_syscall *ret_syscall)
{
	_cleanup_close_ int fd = -EBADF;
	char text[256]; /* nine words of at most 18 characters */
	ssize_t size;

	snprintf(text, sizeof(text), "/proc/%d/syscall", tid);
	fd = open(text, O_RDONLY | O_CLOEXEC);
	size = fd < 0 ? -1 : read(fd, text, sizeof(text));
	return size < 0 ? -errno : proc_parse_syscall(text, (size_t)size, ret_syscall);
}
