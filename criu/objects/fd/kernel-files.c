// SPDX-License-Identifier: GPL-2.0-only
/* All open files of the tree with the addresses of their struct file: read at the first question, once for the dump. The
 * first descriptor of several that share one is the one that is found. */
#include "criu/objects/fd/kernel-files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "criu/kernel/kernel-view.h"
#include "criu/model/dump.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"

static const char kernel_files_key;

struct open_file {
	uint64_t file, order;
	const struct fd_info *fd;
};

struct open_files {
	struct open_file *files; /* by address */
	size_t nr;
	int error;
};

static int compare(const void *left, const void *right)
{
	const struct open_file *a = left, *b = right;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static int collect(struct dump *dump, struct kernel_view *view, struct open_files *open)
{
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *fd;
	size_t room = 0;
	int ret = 0;

	while (fd_walk_next(&walk))
		room++;
	open->files = arena_array(&dump->arena, struct open_file, room + 1);
	walk = fd_walk_dump(dump);
	while (ret == 0 && open->nr < room && (fd = fd_walk_next(&walk))) {
		struct open_file *file = &open->files[open->nr];
		_cleanup_close_ int copy = -EBADF;

		ret = fd_duplicate(fd, &copy);
		if (ret == 0)
			ret = kernel_view_file(view, copy, &file->file);
		file->fd = fd;
		file->order = open->nr++;
	}
	qsort(open->files, open->nr, sizeof(*open->files), compare);
	return ret;
}

static const struct open_files *get_files(struct dump *dump, struct kernel_view *view)
{
	bool is_new;
	struct open_files *open = kind_state_get(&dump->kind_state, &dump->arena, &kernel_files_key, 0,
						 sizeof(*open), &is_new);

	if (is_new)
		open->error = collect(dump, view, open);
	return open;
}

int kernel_files_find(struct dump *dump, struct kernel_view *view, uint64_t file, const struct fd_info **ret_fd)
{
	const struct open_files *open = get_files(dump, view);
	size_t first = 0, end = open->nr;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (open->files[middle].file < file)
			first = middle + 1;
		else
			end = middle;
	}
	*ret_fd = first < open->nr && open->files[first].file == file ? open->files[first].fd : NULL;
	return open->error;
}

int kernel_files_find_eventfd(struct dump *dump, struct kernel_view *view, uint64_t context,
			      const struct fd_info **ret_fd)
{
	const struct open_files *open = get_files(dump, view);
	int ret = open->error;

	*ret_fd = NULL;
	for (size_t i = 0; ret == 0 && !*ret_fd && i < open->nr; i++) {
		uint64_t found = 0;

		if (strcmp(open->files[i].fd->link, "anon_inode:[eventfd]") != 0)
			continue;
		ret = kernel_view_get(view, open->files[i].file, "file", "private_data", &found);
		if (ret == 0 && found == context)
			*ret_fd = open->files[i].fd;
	}
	return ret;
}
