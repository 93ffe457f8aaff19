// SPDX-License-Identifier: GPL-2.0-only
/* Names of devices by their numbers: /dev, and the directories in it. */
#include "criu/objects/device-name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "criu/model/dump.h"
#include "criu/util/cleanup.h"

static const char *find_in(struct dump *dump, const char *path, mode_t type, dev_t number, int depth)
{
	_cleanup_closedir_ DIR *directory = opendir(path);
	const char *name = NULL;
	struct dirent *entry;
	struct stat st;

	while (directory && !name && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.' ||
		    fstatat(dirfd(directory), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if ((st.st_mode & S_IFMT) == type && st.st_rdev == number)
			return arena_printf(&dump->arena, "%s/%s", path, entry->d_name);
		if (S_ISDIR(st.st_mode) && depth)
			name = find_in(dump, arena_printf(&dump->arena, "%s/%s", path, entry->d_name), type,
				       number, depth - 1);
	}
	return name;
}

const char *device_find_name(struct dump *dump, mode_t type, dev_t number)
{
	return find_in(dump, "/dev", type, number, 2);
}
