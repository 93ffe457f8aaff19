/* SPDX-License-Identifier: GPL-2.0-only */
/* What files without a name in any file system (eventfd, timerfd...) have in common: their flags, a copy of them. */
#ifndef CRIU_OBJECTS_FD_UNNAMED_H
#define CRIU_OBJECTS_FD_UNNAMED_H

#include <stdbool.h>
#include <stdint.h>

#include "criu/kernel/proc/fdinfo.h"

struct fd_info;

/* Calls @line for what the kind tells in the text that was read when the tree was collected. Returns 0 or -errno. */
int unnamed_read_fdinfo(const struct fd_info *fd, proc_fdinfo_line line, void *context);
/* Can a record of such a file have @flags? */
bool unnamed_flags_possible(uint32_t flags);
/* Sets those that fcntl can set; O_ASYNC is the owner's. Returns 0 or -errno. */
int unnamed_set_flags(int fd, uint32_t flags);

#endif
