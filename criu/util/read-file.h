/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole files and links of unknown size, into memory. */
#ifndef CRIU_UTIL_READ_FILE_H
#define CRIU_UTIL_READ_FILE_H

#include <stddef.h>

/* Reads @path, seen from @dir_fd, to its end. The data is followed by a zero byte that is not counted.
 * Returns 0 or -errno; -EFBIG when it holds more than @max bytes. */
int read_file_at(int dir_fd, const char *path, size_t max, char **ret_data, size_t *ret_size);
/* The same for an open descriptor, from its present position. */
int read_file_fd(int fd, size_t max, char **ret_data, size_t *ret_size);
/* The target of a symbolic link, whatever its length; @path may be "" when @dir_fd is an O_PATH link. */
int read_link_at(int dir_fd, const char *path, char **ret_target);

#endif
