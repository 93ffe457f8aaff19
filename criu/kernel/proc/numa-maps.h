/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/PID/numa_maps: which mappings have a memory policy. */
#ifndef CRIU_KERNEL_PROC_NUMA_MAPS_H
#define CRIU_KERNEL_PROC_NUMA_MAPS_H

#include <stddef.h>
#include <stdint.h>

#include "criu/util/cleanup.h"

/* Starts of the mappings whose policy is another than the default one: their own, or that of the task. */
struct proc_numa_maps {
	uint64_t *starts; /* by address */
	size_t count;
};

int proc_parse_numa_maps(const char *data, size_t size, struct proc_numa_maps *ret_maps);
/* -ENOENT: a kernel without NUMA, where nothing has a policy. */
int proc_read_numa_maps(int task_fd, struct proc_numa_maps *ret_maps);
void proc_free_numa_maps(struct proc_numa_maps *maps);

#define _cleanup_proc_numa_maps_ _cleanup_(proc_free_numa_maps)

#endif
