/* SPDX-License-Identifier: GPL-2.0-only */
/* Block devices that are open: files like others, but for one thing that opening them can do. */
#ifndef CRIU_OBJECTS_FD_BLOCK_DEVICE_H
#define CRIU_OBJECTS_FD_BLOCK_DEVICE_H

struct fd_info;

/* Why @fd cannot be opened again with the state it has, or NULL. */
const char *block_device_problem(const struct fd_info *fd);

#endif
