/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads and writes that are on their way to disks. */
#ifndef CRIU_OBJECTS_MEMORY_DISKS_H
#define CRIU_OBJECTS_MEMORY_DISKS_H

#include <stddef.h>

/* Comes back when each disk has been idle once: whatever was asked of it before has been done. -ETIMEDOUT: @busy is
 * the name of one that was not; -ENOENT: the kernel does not count. */
int disks_wait_idle(unsigned int seconds, char *busy, size_t size);

#endif
