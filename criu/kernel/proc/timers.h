/* SPDX-License-Identifier: GPL-2.0-only */
/* POSIX timers of a task: /proc/PID/timers. */
#ifndef CRIU_KERNEL_PROC_TIMERS_H
#define CRIU_KERNEL_PROC_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "criu/util/cleanup.h"

struct proc_timer {
	int id;
	int signal;	/* sigev_signo */
	uint64_t value; /* sigev_value */
	int notify;	/* SIGEV_SIGNAL or SIGEV_NONE, with SIGEV_THREAD_ID for a thread */
	pid_t target;	/* pid or tid */
	int clock;	/* CLOCK_*, or a negative one of a process */
};

struct proc_timers {
	struct proc_timer *items;
	size_t count;
};

int proc_parse_timers(const char *data, size_t size, struct proc_timers *ret_timers);
int proc_read_timers(int task_fd, struct proc_timers *ret_timers);
void proc_free_timers(struct proc_timers *timers);

#define _cleanup_proc_timers_ _cleanup_(proc_free_timers)

#endif
