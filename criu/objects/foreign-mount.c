// SPDX-License-Identifier: GPL-2.0-only
/* Files that were opened on a mount of another mount namespace: what a shell gave to `ip netns exec` and its like as
 * standard input and output. Opened here once more they are the same, if the mount here does not allow less or more.
 * Directories are another matter: they lead to all that is mounted there. */
#include "criu/objects/foreign-mount.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "criu/kernel/proc/mountinfo.h"
#include "criu/model/dump.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"

static const char mounts_key;

struct own_mounts {
	size_t nr;
	int *ids;
	bool known;
};

static void read_own_mounts(struct arena *arena, struct own_mounts *own)
{
	_cleanup_close_ int self = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_proc_mounts_ struct proc_mounts mounts = { 0 };

	if (self < 0 || proc_read_mountinfo(self, &mounts) < 0)
		return;
	own->ids = arena_array(arena, int, mounts.count + 1);
	for (; own->nr < mounts.count; own->nr++)
		own->ids[own->nr] = mounts.items[own->nr].id;
	own->known = true;
}

/* Once a dump: the tree is frozen, and what others mount meanwhile has no files of it. */
static bool is_own(struct dump *dump, int mnt_id)
{
	bool is_new;
	struct own_mounts *own = kind_state_get(&dump->kind_state, &dump->arena, &mounts_key, 0, sizeof(*own),
						&is_new);

	if (is_new)
		read_own_mounts(&dump->arena, own);
	for (size_t i = 0; i < own->nr; i++)
		if (own->ids[i] == mnt_id)
			return true;
	return !own->known;
}

/* Read-only, without devices, without programs... */
static bool is_equal_mount(const struct named_file *file)
{
	struct statfs there, here;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", file->proc_fd, file->proc_link);
	return statfs(path, &there) == 0 && statfs(file->name, &here) == 0 && there.f_flags == here.f_flags;
}

bool foreign_mount_is_no_matter(struct dump *dump, const struct named_file *file)
{
	return !S_ISDIR(file->stat.st_mode) && !is_own(dump, file->mnt_id) && is_equal_mount(file);
}
