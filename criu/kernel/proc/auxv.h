/* SPDX-License-Identifier: GPL-2.0-only */
/* The auxiliary vector that exec gave a task: /proc/PID/auxv, words of the task's own width. */
#ifndef CRIU_KERNEL_PROC_AUXV_H
#define CRIU_KERNEL_PROC_AUXV_H

#include <stddef.h>
#include <stdint.h>

#include "criu/util/cleanup.h"

#define PROC_AUXV_MAX 128 /* words */

struct proc_auxv {
	uint64_t words[PROC_AUXV_MAX]; /* type, value, type, value...; the last pair is AT_NULL, 0 */
	size_t count;
};

/* Words of @word_size 8 (or 4: a 32-bit task). The kernel may pad with pairs of zeroes, which are cut off. */
int proc_parse_auxv(const char *data, size_t size, size_t word_size, struct proc_auxv *ret_auxv);
int proc_read_auxv(int task_fd, size_t word_size, struct proc_auxv *ret_auxv);
/* Value of AT_* @type; -ENOENT without. */
int proc_find_auxv(const struct proc_auxv *auxv, uint64_t type, uint64_t *ret_value);

#endif
