/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptors of the tree by what the kernel refers to when it holds a file without one. */
#ifndef CRIU_OBJECTS_FD_KERNEL_FILES_H
#define CRIU_OBJECTS_FD_KERNEL_FILES_H

#include <stdint.h>

struct dump;
struct fd_info;
struct kernel_view;

/* By the address of a struct file. *@ret_fd is NULL if the tree has it not open. -errno, not logged. */
int kernel_files_find(struct dump *dump, struct kernel_view *view, uint64_t file, const struct fd_info **ret_fd);
/* By that of a struct eventfd_ctx. */
int kernel_files_find_eventfd(struct dump *dump, struct kernel_view *view, uint64_t context,
			      const struct fd_info **ret_fd);

#endif
