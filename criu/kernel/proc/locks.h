/* SPDX-License-Identifier: GPL-2.0-only */
/* File locks: /proc/locks, and the "lock:" lines of fdinfo, which have the same form. */
#ifndef CRIU_KERNEL_PROC_LOCKS_H
#define CRIU_KERNEL_PROC_LOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "criu/util/cleanup.h"

enum proc_lock_kind {
	PROC_LOCK_POSIX,
	PROC_LOCK_OFD,
	PROC_LOCK_FLOCK,
	PROC_LOCK_LEASE,
	PROC_LOCK_DELEGATION
};
enum proc_lock_access { PROC_LOCK_READ, PROC_LOCK_WRITE, PROC_LOCK_UNLOCK };
/* Where a lease stands; locks are ACTIVE. */
enum proc_lock_state { PROC_LOCK_ACTIVE, PROC_LOCK_BREAKING, PROC_LOCK_BREAKER };

struct proc_lock {
	uint64_t id;
	bool waiting; /* "->": waits for the lock with this id */
	enum proc_lock_kind kind;
	enum proc_lock_state state;
	enum proc_lock_access access; /* of a breaking lease: what it will become */
	pid_t pid;		      /* -1 of OFD locks; 0 when the owner is outside of the pid namespace */
	bool has_inode;
	uint32_t dev_major, dev_minor; /* of the super block */
	uint64_t inode;
	int64_t start, end; /* end is INT64_MAX for "EOF" */
};

struct proc_locks {
	struct proc_lock *items;
	size_t count;
};

/* One line, or the value of a "lock" line of fdinfo. -EOPNOTSUPP for a kind that this list does not have. */
int proc_parse_lock(const char *data, size_t size, struct proc_lock *ret_lock);
int proc_parse_locks(const char *data, size_t size, struct proc_locks *ret_locks);
/* @proc_fd: /proc itself. */
int proc_read_locks(int proc_fd, struct proc_locks *ret_locks);
void proc_free_locks(struct proc_locks *locks);

#define _cleanup_proc_locks_ _cleanup_(proc_free_locks)

#endif
