/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of file locks share. */
#ifndef CRIU_OBJECTS_FD_LOCKS_INTERNAL_H
#define CRIU_OBJECTS_FD_LOCKS_INTERNAL_H

#include <sys/types.h>

struct dump;
struct fd_info;

/* Values of file_lock_entry.flag. */
enum lock_flag { LOCK_IS_POSIX = 1, LOCK_IS_FLOCK = 2, LOCK_IS_OFD = 4, LOCK_IS_LEASE = 8 };

/* Somebody outside of the tree who has the same open file description. */
struct lock_holder {
	pid_t pid; /* 0: nobody */
	int fd;
	const char *comm;
};

/* lock-holders.c: looks at all processes, the first time; 0 or -errno, logged. */
int lock_find_holder(struct dump *dump, const struct fd_info *fd, struct lock_holder *ret_holder);

#endif
