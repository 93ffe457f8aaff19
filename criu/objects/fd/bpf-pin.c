// SPDX-License-Identifier: GPL-2.0-only
/* Who has a map beside those that have a descriptor of it: most often a name in a bpf file system (BPF_OBJ_PIN). It would
 * keep the old map, while the tree goes on with a new one. Only the memory of the kernel tells how many have a map
 * (include/linux/bpf.h, bpf_map.usercnt: open files, pins, iterators). */
#include <string.h>
#include <unistd.h>

#include "criu/kernel/kernel-view.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/bpf-internal.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/util/cleanup.h"

static bool is_of_map(const struct fd_info *fd, uint32_t id)
{
	BpfmapFileEntry entry = BPFMAP_FILE_ENTRY__INIT;

	return strcmp(fd->link, BPF_MAP_LINK) == 0 && bpf_read_fdinfo(fd->fdinfo, &entry) == 0 &&
	       entry.map_id == id;
}

/* Is @fd the first of its open file description? */
static bool is_first(const struct dump *dump, const struct fd_info *fd)
{
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *other;

	while ((other = fd_walk_next(&walk)) && other != fd)
		if (other->file_id == fd->file_id)
			return false;
	return true;
}

static uint64_t count_descriptions(const struct dump *dump, uint32_t id)
{
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *fd;
	uint64_t nr = 0;

	while ((fd = fd_walk_next(&walk)))
		nr += is_of_map(fd, id) && is_first(dump, fd);
	return nr;
}

int bpf_find_pin(struct dump *dump, const struct fd_info *fd, uint32_t id, const char **ret_user)
{
	_cleanup_close_ int copy = -EBADF;
	struct kernel_view *view;
	uint64_t at = 0, users = 0;
	int ret = queue_view_open(dump, &view);

	if (ret == 0)
		ret = fd_duplicate(fd, &copy);
	if (ret == 0)
		ret = kernel_view_file(view, copy, &at);
	if (ret == 0)
		ret = kernel_view_get(view, at, "file", "private_data", &at);
	if (ret == 0)
		ret = kernel_view_get(view, at, "bpf_map", "usercnt.counter", &users);
	if (ret == 0 && users > count_descriptions(dump, id))
		*ret_user = "it is pinned in a bpf file system, or used without a descriptor, and that would keep the old "
			    "map; take the name away";
	return ret;
}
