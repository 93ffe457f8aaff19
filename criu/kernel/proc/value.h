/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of /proc/PID that hold a single value. @dir_fd: directory of a task or, where the kernel has it, thread. */
#ifndef CRIU_KERNEL_PROC_VALUE_H
#define CRIU_KERNEL_PROC_VALUE_H

#include <stddef.h>
#include <stdint.h>

#define PROC_LOGINUID_UNSET UINT32_MAX

/* A file that holds one number and a newline; -ENODATA when it is empty (a task without memory). */
int proc_parse_number(const char *data, size_t size, int base, int64_t min, uint64_t max, uint64_t *ret_number);
int proc_read_number(int dir_fd, const char *name, int base, int64_t min, uint64_t max, uint64_t *ret_number);
/* A file that holds one line of text; only the last newline is cut off. */
int proc_read_string(int dir_fd, const char *name, char **ret_string);

int proc_read_oom_score_adj(int dir_fd, int *ret_value);
/* -ENOENT on a kernel without auditing. */
int proc_read_loginuid(int dir_fd, uint32_t *ret_uid);
int proc_read_personality(int dir_fd, uint32_t *ret_personality);
int proc_read_coredump_filter(int task_fd, uint32_t *ret_filter);
/* Of the reader's choice of thread: it is in /proc/TID, not in task/TID. */
int proc_read_timerslack(int task_fd, uint64_t *ret_nanoseconds);
/* "/autogroup-123 nice 5"; -ENODATA when the file is empty, -ENOENT when there is none. */
int proc_parse_autogroup_nice(const char *data, size_t size, void *ret_nice);
int proc_read_autogroup_nice(int task_fd, int *ret_nice);
/* The name may hold newlines. */
int proc_read_comm(int dir_fd, char **ret_comm);
/* Function of the kernel a task sleeps in, "0" when it does not or when nobody may know. */
int proc_read_wchan(int dir_fd, char **ret_wchan);

#endif
