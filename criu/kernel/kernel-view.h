/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of the kernel, read and never written: what no other interface tells (a queue of a socket that has no descriptor).
 * A program of BPF copies it, which cannot fault; where things are in it, the kernel's BTF says. Takes CAP_BPF and
 * CAP_PERFMON, or CAP_SYS_ADMIN, and Linux 5.10. All return -errno, not logged. */
#ifndef CRIU_KERNEL_KERNEL_VIEW_H
#define CRIU_KERNEL_KERNEL_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "criu/kernel/btf.h"

struct kernel_view;

int kernel_view_open(struct kernel_view **ret_view);
void kernel_view_close(struct kernel_view *view);

/* -EFAULT: nothing is there. */
int kernel_view_read(struct kernel_view *view, uint64_t address, void *buffer, size_t size);
/* The structure of the thread that calls. */
int kernel_view_self(struct kernel_view *view, uint64_t *ret_task);
/* The number that a struct pid has in our own pid namespace; 0: none. */
int kernel_view_pid(struct kernel_view *view, uint64_t pid, uint32_t *ret_number);
/* What a pointer to struct page leads to. */
int kernel_view_page_address(struct kernel_view *view, uint64_t page, uint64_t *ret_address);
/* The number of that page, as /proc/PID/pagemap has it. */
int kernel_view_page_number(struct kernel_view *view, uint64_t page, uint64_t *ret_number);

/* A member of at most 8 bytes, by the names of structure and path. -ENOENT: this kernel has none. */
int kernel_view_get(struct kernel_view *view, uint64_t address, const char *structure, const char *path,
		    uint64_t *ret_value);
/* Where a member is. */
int kernel_view_locate(struct kernel_view *view, uint64_t address, const char *structure, const char *path,
		       uint64_t *ret_address);
/* The number of a function, or -ENOENT. */
int kernel_view_function(struct kernel_view *view, const char *name);
long kernel_view_size(struct kernel_view *view, const char *structure);
/* The struct file behind our own descriptor @fd. */
int kernel_view_file(struct kernel_view *view, int fd, uint64_t *ret_file);

#endif
