/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CRIU_OBJECTS_TASK_OWN_VALUE_H
#define CRIU_OBJECTS_TASK_OWN_VALUE_H

/* Writes a number to a file of /proc/self; 0 or -errno. */
int write_own_value(const char *path, long long value);

#endif
