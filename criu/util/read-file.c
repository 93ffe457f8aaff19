// SPDX-License-Identifier: GPL-2.0-only
/* Whole files and links of unknown size, into memory. */
#include "criu/util/read-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "criu/util/cleanup.h"
#include "criu/util/macros.h"

#define FIRST_SIZE 4096
#define LINK_MAX_SIZE (1UL << 20)

/* Makes room for at least one more byte beside the final zero. */
static int grow(char **buffer, size_t *size, size_t max)
{
	size_t wanted = *size ? MIN(*size * 2, max + 2) : MIN(FIRST_SIZE, max + 2);
	char *larger = realloc(*buffer, wanted);

	if (!larger)
		return -ENOMEM;
	*buffer = larger;
	*size = wanted;
	return 0;
}

int read_file_fd(int fd, size_t max, char **ret_data, size_t *ret_size)
{
	_cleanup_free_ char *buffer = NULL;
	size_t size = 0, used = 0;

	for (;;) {
		ssize_t got;

		if (used + 1 >= size) {
			int ret = grow(&buffer, &size, max);

			if (ret < 0)
				return ret;
		}
		got = read(fd, buffer + used, size - used - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		used += (size_t)got;
		if (used > max)
			return -EFBIG;
	}
	buffer[used] = '\0';
	*ret_data = steal_pointer(&buffer);
	*ret_size = used;
	return 0;
}

int read_file_at(int dir_fd, const char *path, size_t max, char **ret_data, size_t *ret_size)
{
	_cleanup_close_ int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	return read_file_fd(fd, max, ret_data, ret_size);
}

int read_link_at(int dir_fd, const char *path, char **ret_target)
{
	size_t size = 256;

	for (; size <= LINK_MAX_SIZE; size *= 2) {
		_cleanup_free_ char *target = malloc(size);
		ssize_t length;

		if (!target)
			return -ENOMEM;
		length = readlinkat(dir_fd, path, target, size);
		if (length < 0)
			return -errno;
		if ((size_t)length < size) {
			target[length] = '\0';
			*ret_target = steal_pointer(&target);
			return 0;
		}
	}
	return -ENAMETOOLONG;
}
