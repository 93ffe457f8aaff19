// SPDX-License-Identifier: GPL-2.0-only
// Image directories: opened once, everything else is relative to the descriptor.
#include "criu/image/directory.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static int directory_open_at(int at_fd, const char *path, unsigned int depth, struct image_directory *ret_directory)
{
	int fd = openat(at_fd, path, DIRECTORY_FLAGS);

	if (fd < 0)
		return -errno;
	*ret_directory = (struct image_directory){ .fd = fd, .version = IMAGE_VERSION_2, .depth = depth };
	return 0;
}

int image_directory_open(const char *path, struct image_directory *ret_directory)
{
	return directory_open_at(AT_FDCWD, path, 0, ret_directory);
}

int image_directory_open_fd(int fd, struct image_directory *ret_directory)
{
	return directory_open_at(fd, ".", 0, ret_directory);
}

int image_directory_open_parent(const struct image_directory *directory, struct image_directory *ret_parent)
{
	if (directory->depth >= IMAGE_PARENT_DEPTH)
		return -ELOOP;
	return directory_open_at(directory->fd, IMAGE_PARENT_LINK, directory->depth + 1, ret_parent);
}

int image_directory_link_parent(const struct image_directory *directory, const char *path)
{
	if (unlinkat(directory->fd, IMAGE_PARENT_LINK, 0) < 0 && errno != ENOENT)
		return -errno;
	if (path && symlinkat(path, directory->fd, IMAGE_PARENT_LINK) < 0)
		return -errno;
	return 0;
}

/* @start: writing only begins, so that the file system has all of it in hand when the first one is waited for. */
static int directory_sync_file(int directory_fd, const char *name, bool start)
{
	_cleanup_close_ int fd = openat(directory_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	if (start)
		sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	else if (fdatasync(fd) < 0)
		return -errno;
	return 0;
}

static bool is_image_name(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && !strcmp(name + length - 4, ".img");
}

static int sync_all(const struct image_directory *directory, bool start)
{
	_cleanup_close_ int fd = openat(directory->fd, ".", DIRECTORY_FLAGS);
	_cleanup_closedir_ DIR *stream = NULL;
	struct dirent *entry;
	int error;

	if (fd < 0)
		return -errno;
	stream = fdopendir(fd);
	if (!stream)
		return -errno;
	steal_fd(&fd);

	for (errno = 0; (entry = readdir(stream)); errno = 0) {
		error = is_image_name(entry->d_name) ? directory_sync_file(directory->fd, entry->d_name, start)
						     : 0;
		if (error < 0)
			return error;
	}
	return -errno;
}

/* In memory only: there is nothing to wait for. */
static bool is_volatile(const struct image_directory *directory)
{
	struct statfs fs;

	return fstatfs(directory->fd, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

int image_directory_sync(const struct image_directory *directory)
{
	int error;

	if (is_volatile(directory))
		return 0;
	error = sync_all(directory, true);
	if (!error)
		error = sync_all(directory, false);
	if (!error && fsync(directory->fd) < 0)
		error = -errno;
	return error;
}

void image_directory_close(struct image_directory *directory)
{
	if (directory->fd >= 0)
		close(directory->fd);
	directory->fd = -EBADF;
}
