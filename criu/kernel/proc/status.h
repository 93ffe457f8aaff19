/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/PID/status and /proc/PID/task/TID/status. */
#ifndef CRIU_KERNEL_PROC_STATUS_H
#define CRIU_KERNEL_PROC_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "criu/util/cleanup.h"

/* The kernel nests at most 32 pid namespaces below the first. */
#define PROC_PID_LEVELS 33
#define PROC_GROUPS_MAX 65536

/* One number a pid namespace, outermost (the reader's own) first. */
struct proc_pid_list {
	int count;
	pid_t ids[PROC_PID_LEVELS];
};

/* Real, effective, saved, file system. */
enum { PROC_ID_REAL, PROC_ID_EFFECTIVE, PROC_ID_SAVED, PROC_ID_FS, PROC_ID_COUNT };

/* Keys that a kernel does not have leave zeroes, but for what is said here. */
struct proc_status {
	bool has_umask; /* zombies have none */
	uint32_t umask;
	char state;
	pid_t tgid, ngid, pid, ppid, tracer_pid;
	uint32_t uid[PROC_ID_COUNT], gid[PROC_ID_COUNT];
	uint32_t fd_size;
	uint32_t *groups;
	size_t group_count;
	struct proc_pid_list ns_tgid, ns_pid, ns_pgid, ns_sid;
	bool kernel_thread;
	uint64_t vm_locked_kib, vm_rss_kib, vm_swap_kib, vm_size_kib;
	bool has_mm; /* false: zombie or kernel thread */
	bool core_dumping;
	bool thp_enabled;				     /* true when the kernel does not say */
	uint64_t untag_mask;				     /* all ones when the kernel does not say */
	bool has_shadow_stack, has_shadow_stack_write;	     /* x86_Thread_features: shstk, wrss */
	bool shadow_stack_locked, shadow_stack_write_locked; /* x86_Thread_features_locked */
	uint32_t threads;
	uint64_t queued_signals, queued_signals_max;
	uint64_t sig_pending, sig_shared_pending, sig_blocked, sig_ignored, sig_caught;
	uint64_t cap_inheritable, cap_permitted, cap_effective, cap_bounding, cap_ambient;
	bool no_new_privs;
	uint32_t seccomp; /* SECCOMP_MODE_* */
	uint32_t seccomp_filters;
	bool speculates; /* of the SPECULATION_STORE_BYPASS of prctl(2): "thread vulnerable", so it may be changed */
};

int proc_parse_status(const char *data, size_t size, struct proc_status *ret_status);
/* @dir_fd: directory of a task or thread. */
int proc_read_status(int dir_fd, struct proc_status *ret_status);
void proc_free_status(struct proc_status *status);

#define _cleanup_proc_status_ _cleanup_(proc_free_status)

#endif
