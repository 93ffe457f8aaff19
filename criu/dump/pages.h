/* SPDX-License-Identifier: GPL-2.0-only */
/* Contents of the private memory of a task -> images. */
#ifndef CRIU_DUMP_PAGES_H
#define CRIU_DUMP_PAGES_H

struct dump;
struct task;

/* Writes pagemap-PID.img and its pages-ID.img; adds to the figures of the run. */
int dump_task_pages(struct dump *dump, struct task *task);

#endif
