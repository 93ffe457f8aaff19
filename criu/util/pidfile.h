/* SPDX-License-Identifier: GPL-2.0-only */
/* Telling others who we are and that we are ready: pidfile and status descriptor. */
#ifndef CRIU_UTIL_PIDFILE_H
#define CRIU_UTIL_PIDFILE_H

#include <sys/types.h>

/* Makes @path in @dir_fd, which must not exist (-EEXIST), mode 0600, with @pid in decimal and no newline. Nothing is
 * left behind on failure. Returns 0 or -errno. */
int pidfile_write(int dir_fd, const char *path, pid_t pid);

/* Writes the one NUL byte that says "ready" and closes @fd, on failure too. A negative @fd (nobody waits) is fine.
 * Returns 0 or -errno. */
int status_fd_signal(int fd);

#endif
