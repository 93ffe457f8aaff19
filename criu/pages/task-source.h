/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of a living task: which pages it has, and what is in them. */
#ifndef CRIU_PAGES_TASK_SOURCE_H
#define CRIU_PAGES_TASK_SOURCE_H

#include <sys/types.h>

#include "criu/pages/copy.h"

/* @pid: as this process sees it; @proc_fd: /proc/PID, stays with the caller. */
int page_task_source_open(pid_t pid, int proc_fd, struct page_source **ret_source);
/* After a failed read: the address where it failed. */
uint64_t page_task_source_failed_at(const struct page_source *source);

#endif
