/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/PID/fdinfo/FD: what all descriptors have, and a line-by-line way to the rest for each kind of file. */
#ifndef CRIU_KERNEL_PROC_FDINFO_H
#define CRIU_KERNEL_PROC_FDINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct proc_fdinfo {
	int64_t pos;
	uint32_t flags; /* O_*, with O_CLOEXEC of the descriptor */
	int mnt_id;	/* -1 when the kernel does not say */
	uint64_t inode; /* from 5.14 on; 0 before */
};

/* Gets each line that is not one of the above, in order. @key is the text before the first ":", as written
 * ("tfd", "eventfd-count", "inotify wd"), @value that behind it without blanks at its ends; a line without ":" is
 * a value with the key "". A lock is key "lock", see locks.h. Returns 0 to go on, -errno to stop. */
typedef int (*proc_fdinfo_line)(void *context, const char *key, const char *value);

/* @line may be NULL. */
int proc_parse_fdinfo(const char *data, size_t size, proc_fdinfo_line line, void *context,
		      struct proc_fdinfo *ret_fdinfo);
/* @dir_fd: directory of a task or thread. */
int proc_read_fdinfo(int dir_fd, int fd, proc_fdinfo_line line, void *context, struct proc_fdinfo *ret_fdinfo);

/* For the values of kinds: the number behind "NAME:" among words such as "events:       19 data: 5", after which
 * @base digits follow (an "0x" is passed over). Returns 0, -ENOENT without the name, -EINVAL or -ERANGE. */
int proc_fdinfo_find_number(const char *value, const char *name, int base, uint64_t max, uint64_t *ret_number);

#endif
