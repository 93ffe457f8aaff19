// SPDX-License-Identifier: GPL-2.0-only
/* Pidfile and status descriptor. */
#include "criu/util/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "criu/util/cleanup.h"

int pidfile_write(int dir_fd, const char *path, pid_t pid)
{
	_cleanup_close_ int fd = openat(dir_fd, path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", pid);
	ssize_t written;
	int error;

	if (fd < 0)
		return -errno;
	written = write(fd, text, length);
	if (written == length)
		return 0;
	error = written < 0 ? -errno : -EIO;
	unlinkat(dir_fd, path, 0);
	return error;
}

int status_fd_signal(int fd)
{
	_cleanup_close_ int owned = fd;
	ssize_t written;

	if (fd < 0)
		return 0;
	do {
		written = write(owned, "", 1);
	} while (written < 0 && errno == EINTR);
	return written == 1 ? 0 : written < 0 ? -errno : -EIO;
}
