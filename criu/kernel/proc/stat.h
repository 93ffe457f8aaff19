/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/PID/stat and /proc/PID/task/TID/stat. */
#ifndef CRIU_KERNEL_PROC_STAT_H
#define CRIU_KERNEL_PROC_STAT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROC_COMM_SIZE 64

struct proc_stat {
	pid_t pid;
	char comm[PROC_COMM_SIZE]; /* as the task wrote it: may hold parentheses, blanks and newlines */
	char state;		   /* R S D T t X Z P I */
	pid_t ppid, pgrp, sid;	   /* 0: outside of the reader's pid namespace */
	int tty_nr;		   /* device number of the controlling terminal, 0 without */
	pid_t tpgid;
	uint32_t flags; /* PF_* of the kernel */
	uint64_t utime, stime;
	int64_t priority, nice, num_threads, itrealvalue;
	uint64_t start_time; /* clock ticks since boot */
	uint64_t vsize;
	/* Addresses read as 0 without the right to ptrace the task. */
	uint64_t start_code, end_code, start_stack;
	uint64_t start_data, end_data, start_brk;
	uint64_t arg_start, arg_end, env_start, env_end;
	int exit_signal, processor;
	uint32_t rt_priority, policy;
	int exit_code; /* as wait() reports it; of a zombie */
};

int proc_parse_stat(const char *data, size_t size, struct proc_stat *ret_stat);
/* @dir_fd: directory of a task or thread. */
int proc_read_stat(int dir_fd, struct proc_stat *ret_stat);

#endif
