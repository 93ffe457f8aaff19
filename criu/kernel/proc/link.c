// SPDX-License-Identifier: GPL-2.0-only
/* Names that the kernel prints for files. */
#include "criu/kernel/proc/link.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "criu/util/cleanup.h"
#include "criu/util/read-file.h"

#define DELETED " (deleted)"

int proc_read_link(int dir_fd, const char *name, char **ret_target)
{
	return read_link_at(dir_fd, name, ret_target);
}

bool proc_cut_deleted(char *name)
{
	size_t length = strlen(name), suffix = strlen(DELETED);

	if (length <= suffix || strcmp(name + length - suffix, DELETED))
		return false;
	name[length - suffix] = '\0';
	return true;
}

/* True when @path, seen from the task's own root, is the file with this device and inode. */
static bool names_file(int dir_fd, const char *path, const struct stat *file)
{
	_cleanup_close_ int root = openat(dir_fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat found;

	while (*path == '/')
		path++;
	if (root < 0 || !*path || fstatat(root, path, &found, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	return found.st_dev == file->st_dev && found.st_ino == file->st_ino;
}

int proc_read_file_name(int dir_fd, const char *link, char **ret_name, bool *ret_deleted)
{
	_cleanup_free_ char *name = NULL, *full = NULL;
	bool deleted;
	struct stat file;
	int ret = read_link_at(dir_fd, link, &name);

	if (ret < 0)
		return ret;
	full = strdup(name);
	if (!full)
		return -ENOMEM;
	deleted = proc_cut_deleted(name);
	if (deleted) {
		if (fstatat(dir_fd, link, &file, 0) < 0)
			return -errno;
		if (file.st_nlink > 0 && full[0] == '/' && names_file(dir_fd, full, &file))
			deleted = false;
	}
	*ret_deleted = deleted;
	*ret_name = deleted ? steal_pointer(&name) : steal_pointer(&full);
	return 0;
}
