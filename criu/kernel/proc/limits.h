/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/PID/limits: read from here, setting them back needs no right to raise any. */
#ifndef CRIU_KERNEL_PROC_LIMITS_H
#define CRIU_KERNEL_PROC_LIMITS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#define PROC_LIMIT_COUNT 16
#define PROC_LIMIT_UNLIMITED UINT64_MAX /* RLIM_INFINITY */

struct proc_limit {
	uint64_t soft, hard;
};

/* By RLIMIT_* number. */
struct proc_limits {
	struct proc_limit items[PROC_LIMIT_COUNT];
};

int proc_parse_limits(const char *data, size_t size, struct proc_limits *ret_limits);
int proc_read_limits(int dir_fd, struct proc_limits *ret_limits);

#endif
