/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/timer_list: the high resolution timers that sleeping threads of this machine wait for. It names no thread. */
#ifndef CRIU_KERNEL_PROC_TIMER_LIST_H
#define CRIU_KERNEL_PROC_TIMER_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "criu/util/cleanup.h"

struct proc_sleep {
	uint64_t expires; /* by the clock of the timer */
	int64_t left;	  /* nanoseconds from now */
};

struct proc_sleeps {
	struct proc_sleep *items;
	size_t count;
};

int proc_parse_timer_list(const char *data, size_t size, struct proc_sleeps *ret_sleeps);
/* -ENOENT, -EACCES: this kernel, or this container, does not show it. */
int proc_read_timer_list(struct proc_sleeps *ret_sleeps);
void proc_free_sleeps(struct proc_sleeps *sleeps);

#define _cleanup_proc_sleeps_ _cleanup_(proc_free_sleeps)

#endif
