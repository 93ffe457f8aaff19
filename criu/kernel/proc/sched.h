/* SPDX-License-Identifier: GPL-2.0-only */
/* What shows of a thread that sleeps: /proc/TID/syscall, and /proc/TID/sched (CONFIG_SCHED_DEBUG). */
#ifndef CRIU_KERNEL_PROC_SCHED_H
#define CRIU_KERNEL_PROC_SCHED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_sched {
	/* When it last began to run or was accounted for, in nanoseconds of the clock of the processor that it is on. Of
	 * one that sleeps: when it fell asleep. */
	uint64_t exec_start;
	uint64_t sleeps; /* how often it has left a processor by itself */
};

struct proc_syscall {
	long number;
	uint64_t arguments[6], sp, ip;
};

int proc_parse_sched(const char *data, size_t size, void *ret_sched);
/* @dir_fd: directory of a task or thread. -ENOENT: this kernel does not tell. */
int proc_read_sched(int dir_fd, struct proc_sched *ret_sched);

/* -ENODATA: it runs, or sleeps outside of a system call. -EPERM without the right to trace it. */
int proc_parse_syscall(const char *data, size_t size, void *ret_syscall);
int proc_read_syscall(pid_t tid, struct proc_syscall *ret_syscall);

#endif
