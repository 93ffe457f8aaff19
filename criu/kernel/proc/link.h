/* SPDX-License-Identifier: GPL-2.0-only */
/* Names that the kernel prints for files: targets of the magic links, and the " (deleted)" behind them. */
#ifndef CRIU_KERNEL_PROC_LINK_H
#define CRIU_KERNEL_PROC_LINK_H

#include <stdbool.h>

/* Target of a link (exe, cwd, root, fd/N, ns/net...) below @dir_fd, as the kernel prints it. */
int proc_read_link(int dir_fd, const char *name, char **ret_target);

/* Cuts a " (deleted)" off the end of @name; true when there was one. A file whose name really ends so looks
 * the same: only the file itself can tell, see below. */
bool proc_cut_deleted(char *name);

/* The same, but right: reads the link, follows it, and calls the file deleted only when it has no name left,
 * or when its name is another file's now. Returns 0 or -errno. */
int proc_read_file_name(int dir_fd, const char *link, char **ret_name, bool *ret_deleted);

#endif
