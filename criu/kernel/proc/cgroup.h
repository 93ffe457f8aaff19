/* SPDX-License-Identifier: GPL-2.0-only */
/* Which cgroups a task is in: /proc/PID/cgroup. */
#ifndef CRIU_KERNEL_PROC_CGROUP_H
#define CRIU_KERNEL_PROC_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "criu/util/cleanup.h"

struct proc_cgroup {
	uint32_t hierarchy; /* 0 for version 2 */
	char *controllers;  /* "cpu,cpuacct", "name=systemd"; "" for version 2 */
	char *path;	    /* seen from the reader's cgroup namespace: may start with "/.." */
	bool deleted;
};

struct proc_cgroups {
	struct proc_cgroup *items;
	size_t count;
};

int proc_parse_cgroups(const char *data, size_t size, struct proc_cgroups *ret_cgroups);
/* @dir_fd: directory of a task or thread. */
int proc_read_cgroups(int dir_fd, struct proc_cgroups *ret_cgroups);
void proc_free_cgroups(struct proc_cgroups *cgroups);

#define _cleanup_proc_cgroups_ _cleanup_(proc_free_cgroups)

#endif
