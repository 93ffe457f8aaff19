/* SPDX-License-Identifier: GPL-2.0-only */
/* What a task has several of: threads, children, descriptors. */
#ifndef CRIU_KERNEL_PROC_LIST_H
#define CRIU_KERNEL_PROC_LIST_H

#include <stddef.h>
#include <sys/types.h>

#include "criu/util/cleanup.h"

struct proc_pids {
	pid_t *ids;
	size_t count;
};

/* Stands for a path of more than 4096 bytes, which the kernel does not print. */
#define PROC_LINK_TOO_LONG "(path too long)"

struct proc_fd {
	int fd;
	char *target; /* as readlink prints it: "/path", "/path (deleted)", "socket:[7]", "anon_inode:[eventpoll]" */
};

struct proc_fds {
	struct proc_fd *items; /* by number */
	size_t count;
};

/* "1 2 3 " */
int proc_parse_pids(const char *data, size_t size, struct proc_pids *ret_pids);

/* Children of one thread, in order of birth. @thread_fd: directory task/TID. -ENOENT without CONFIG_PROC_CHILDREN. */
int proc_read_children(int thread_fd, struct proc_pids *ret_pids);
/* Threads of a task, the leader first, in order of birth. */
int proc_read_threads(int task_fd, struct proc_pids *ret_pids);
/* Children of all threads of a task. */
int proc_read_all_children(int task_fd, struct proc_pids *ret_pids);
/* All tasks that a /proc directory shows. */
int proc_read_tasks(int proc_fd, struct proc_pids *ret_pids);
void proc_free_pids(struct proc_pids *pids);

/* Which descriptors a task or thread has, by number. @dir_fd: its directory. */
int proc_read_fd_numbers(int dir_fd, struct proc_pids *ret_numbers);
/* Text of a link to an open file: "fd/N" below such a directory. */
int proc_read_fd_link(int dir_fd, const char *name, char **ret_target);
/* Both. A descriptor that is closed meanwhile is left out. */
int proc_read_fds(int dir_fd, struct proc_fds *ret_fds);
void proc_free_fds(struct proc_fds *fds);

#define _cleanup_proc_pids_ _cleanup_(proc_free_pids)
#define _cleanup_proc_fds_ _cleanup_(proc_free_fds)

#endif
