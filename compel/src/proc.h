/* SPDX-License-Identifier: LGPL-2.1-only */
/* The few things libcompel needs from /proc. */
#ifndef COMPEL_SRC_PROC_H
#define COMPEL_SRC_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_stat {
	char comm[64];
	char state;
	pid_t ppid;
	unsigned int nr_threads;
	unsigned long flags; /* PF_* */
	uint64_t start_time;
	int exit_code;
	uint64_t ticks; /* of processor time */
};

struct proc_mapping {
	uint64_t start, end;
	char protection[5]; /* "r-xp" */
	uint64_t inode;
	char name[64]; /* cut */
};

/* /proc/@pid/stat, or of one thread of it. -ESRCH: none. */
int proc_read_stat(pid_t pid, struct proc_stat *ret_stat);
/* The same with the processor time of this thread alone. */
int proc_read_thread_stat(pid_t tid, struct proc_stat *ret_stat);
/* /proc/@pid/task: all tids, the caller frees. */
int proc_list_threads(pid_t pid, pid_t **ret_tids, unsigned int *ret_nr);
/* Appends the children of thread @tid of @pid. */
int proc_list_children(pid_t pid, pid_t tid, pid_t **tids, unsigned int *nr);
/* Number from /proc/@pid/status, e.g. "TracerPid"; 0 if it is not there. */
long proc_read_status(pid_t pid, const char *key);
/* wchan of a thread, or "in vfork()" when it waits for the child of a vfork. Always a string. */
const char *proc_where_waiting(pid_t tid, char *buffer, size_t size);
/* Calls @visit for each mapping until it returns non-zero, and returns that. */
int proc_visit_mappings(pid_t pid, int (*visit)(void *argument, const struct proc_mapping *mapping), void *argument);
/* Address of the vdso by the auxiliary vector; 0: none. */
uint64_t proc_read_vdso(pid_t pid);

#endif
