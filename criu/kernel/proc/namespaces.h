/* SPDX-License-Identifier: GPL-2.0-only */
/* Namespaces of a task by inode number: the links in /proc/PID/ns. */
#ifndef CRIU_KERNEL_PROC_NAMESPACES_H
#define CRIU_KERNEL_PROC_NAMESPACES_H

#include <stddef.h>
#include <stdint.h>

enum proc_namespace {
	PROC_NS_CGROUP,
	PROC_NS_IPC,
	PROC_NS_MNT,
	PROC_NS_NET,
	PROC_NS_PID,
	PROC_NS_PID_FOR_CHILDREN,
	PROC_NS_TIME,
	PROC_NS_TIME_FOR_CHILDREN,
	PROC_NS_USER,
	PROC_NS_UTS,
	PROC_NS_COUNT,
};

/* 0: the kernel has no such namespace, or the link has no target (pid_for_children before the first child of a
 * new pid namespace; all links of a zombie but user, cgroup and pid). */
struct proc_namespaces {
	uint64_t inodes[PROC_NS_COUNT];
};

/* "net:[4026531840]" -> 4026531840 */
int proc_parse_namespace(const char *data, size_t size, uint64_t *ret_inode);
/* @dir_fd: directory of a task or thread. */
int proc_read_namespaces(int dir_fd, struct proc_namespaces *ret_namespaces);
/* Name of the file in ns/. */
const char *proc_namespace_name(enum proc_namespace which);

#endif
