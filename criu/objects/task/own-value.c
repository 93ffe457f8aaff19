// SPDX-License-Identifier: GPL-2.0-only
/* Files of /proc/self that take one number. */
#include "criu/objects/task/own-value.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "criu/util/cleanup.h"

int write_own_value(const char *path, long long value)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	char text[32];
	int length = snprintf(text, sizeof(text), "%lld", value);

	if (fd < 0)
		return -errno;
	return write(fd, text, length) == length ? 0 : -errno;
}
