/* SPDX-License-Identifier: GPL-2.0-only */
/* Directories of /proc and whole reads below them. All readers of criu/kernel/proc/ take such a directory. */
#ifndef CRIU_KERNEL_PROC_OPEN_H
#define CRIU_KERNEL_PROC_OPEN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bounds: what a well-formed file never exceeds. */
#define PROC_SMALL_FILE_MAX (64UL << 10)
#define PROC_FILE_MAX (4UL << 20)
#define PROC_LARGE_FILE_MAX (2UL << 30)

/* O_PATH descriptors of /proc/PID, or of the same in another proc mount. Returns a descriptor or -errno;
 * -ENOENT when there is no such task. */
int proc_open_task(pid_t pid);
int proc_open_task_at(int proc_fd, pid_t pid);
/* Of task/TID below a directory of the above. */
int proc_open_thread(int task_fd, pid_t tid);

/* Whole content of @name below @dir_fd, with a zero byte behind it. A task that is gone is -ESRCH. */
int proc_read_file(int dir_fd, const char *name, size_t max, char **ret_data, size_t *ret_size);

/* Calls @parse(text, size, context) on the content of a file: the body of most readers. */
typedef int (*proc_parse_function)(const char *data, size_t size, void *ret);
int proc_read_parsed(int dir_fd, const char *name, size_t max, proc_parse_function parse, void *ret);

#endif
