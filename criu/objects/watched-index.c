// SPDX-License-Identifier: GPL-2.0-only
/* One walk through directories, below the paths of --irmap-scan-path or, without any, below the mountpoints of the file
 * system that is asked for, then a search by inode number. */
#include "criu/objects/watched-index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "criu/objects/kinds.h"
#include "criu/objects/watched.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* The tree stands still meanwhile: without a path that was named, the walk ends after so many names. */
#define NAMES_MAX 500000
#define DEPTH_MAX 200
#ifndef AT_HANDLE_FID
#define AT_HANDLE_FID 0x200
#endif

static const char index_key;

struct named_inode {
	uint64_t inode;
	dev_t dev;
	const char *path;
};

struct index {
	struct named_inode *items;
	size_t nr, room;
	bool sorted;
	uint32_t *walked; /* devices */
	size_t nr_walked;
};

static void add(struct dump *dump, struct index *index, const struct stat *stat, const char *path)
{
	if (index->nr == index->room) {
		size_t room = index->room ? 2 * index->room : 1024;
		struct named_inode *items = arena_array(&dump->arena, struct named_inode, room);

		for (size_t i = 0; i < index->nr; i++)
			items[i] = index->items[i];
		index->items = items;
		index->room = room;
	}
	index->items[index->nr++] = (struct named_inode){ stat->st_ino, stat->st_dev, path };
	index->sorted = false;
}

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

static DIR *open_directory(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (directory)
		steal_fd(&fd);
	return directory;
}

/* What cannot be read is passed over; other file systems are not entered. */
static void walk(struct dump *dump, struct index *index, const char *path, dev_t dev, unsigned int depth)
{
	_cleanup_(close_directory) DIR *directory = open_directory(path);
	struct dirent *entry;

	while (directory && index->nr < NAMES_MAX && (entry = readdir(directory))) {
		const char *name;
		struct stat stat;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    fstatat(dirfd(directory), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		name = arena_printf(&dump->arena, "%s/%s", strcmp(path, "/") ? path : "", entry->d_name);
		if (S_ISDIR(stat.st_mode) && stat.st_dev != dev)
			continue;
		add(dump, index, &stat, name);
		if (S_ISDIR(stat.st_mode) && depth < DEPTH_MAX)
			walk(dump, index, name, dev, depth + 1);
	}
}

static void walk_from(struct dump *dump, struct index *index, const char *path)
{
	struct stat stat;

	if (lstat(path, &stat) < 0) {
		log_warn("'%s' cannot be searched for watched files: %s", path, strerror(errno));
		return;
	}
	add(dump, index, &stat, path);
	if (S_ISDIR(stat.st_mode))
		walk(dump, index, path, stat.st_dev, 0);
}

static bool is_walked(const struct index *index, uint32_t dev)
{
	for (size_t i = 0; i < index->nr_walked; i++)
		if (index->walked[i] == dev)
			return true;
	return false;
}

static void walk_file_system(struct dump *dump, struct index *index, uint32_t dev)
{
	const char *path = watched_mountpoint(&dump->kind_state, &dump->arena, 0, dev, NULL);
	uint32_t *walked = arena_array(&dump->arena, uint32_t, index->nr_walked + 1);

	for (size_t i = 0; i < index->nr_walked; i++)
		walked[i] = index->walked[i];
	walked[index->nr_walked++] = dev;
	index->walked = walked;
	if (path)
		walk_from(dump, index, path);
}

static int compare(const void *left, const void *right)
{
	const struct named_inode *a = left, *b = right;

	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

/* The handle tells for certain; the device of a file on an overlay is another than that of its inode. */
static bool is_it(const struct named_inode *item, const struct watched *watched)
{
	union {
		struct file_handle head;
		uint8_t bytes[sizeof(struct file_handle) + WATCHED_HANDLE_MAX];
	} handle = { .head.handle_bytes = WATCHED_HANDLE_MAX };
	int mount_id;

	if (watched->bytes && name_to_handle_at(AT_FDCWD, item->path, &handle.head, &mount_id, AT_HANDLE_FID) == 0)
		return handle.head.handle_bytes == watched->bytes &&
		       handle.head.handle_type == (int)watched->type &&
		       !memcmp(handle.head.f_handle, watched->handle, watched->bytes);
	return item->dev == makedev(watched->dev >> 20, watched->dev & 0xfffff);
}

static const char *search(struct index *index, const struct watched *watched)
{
	struct named_inode key = { .inode = watched->inode }, *found;

	if (!index->sorted && index->nr)
		qsort(index->items, index->nr, sizeof(*index->items), compare);
	index->sorted = true;
	found = index->nr ? bsearch(&key, index->items, index->nr, sizeof(*index->items), compare) : NULL;
	while (found && found > index->items && found[-1].inode == key.inode)
		found--;
	for (; found && found < index->items + index->nr && found->inode == key.inode; found++)
		if (is_it(found, watched))
			return found->path;
	return NULL;
}

const char *watched_index_find(struct dump *dump, const struct watched *watched)
{
	const struct text_list *paths = &dump->options->irmap_scan_paths;
	struct index *index;
	const char *found;
	bool is_new;

	index = kind_state_get(&dump->kind_state, &dump->arena, &index_key, 0, sizeof(*index), &is_new);
	for (size_t i = 0; is_new && i < paths->nr; i++)
		walk_from(dump, index, paths->items[i]);
	found = search(index, watched);
	if (found || paths->nr || is_walked(index, watched->dev))
		return found;
	walk_file_system(dump, index, watched->dev);
	return search(index, watched);
}
