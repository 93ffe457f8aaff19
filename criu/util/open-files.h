/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CRIU_UTIL_OPEN_FILES_H
#define CRIU_UTIL_OPEN_FILES_H

/* Raises the soft limit of open files of this process to its hard limit, which needs no right. 0 or -errno. */
int open_files_raise_limit(void);

#endif
