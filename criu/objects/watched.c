// SPDX-License-Identifier: GPL-2.0-only
/* Watched files are opened by handle, as long as that is possible: it leads to them wherever they have moved. Otherwise
 * by name, or they are open in the tree and have lost their name. */
#include "criu/objects/watched.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/kernel/proc/fdinfo.h"
#include "criu/kernel/proc/mountinfo.h"
#include "criu/kernel/proc/open.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/objects/watched-index.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

static const char mounts_key, files_key;

/* --- mounts of this process --- */

struct mount {
	int id;
	uint32_t dev;
	const char *path;
};

struct mount_list {
	struct mount *items;
	size_t nr;
};

static const struct mount_list *get_mounts(void **kind_state, struct arena *arena)
{
	_cleanup_proc_mounts_ struct proc_mounts mounts = { 0 };
	_cleanup_close_ int proc_fd = -EBADF;
	struct mount_list *list;
	bool is_new;

	list = kind_state_get(kind_state, arena, &mounts_key, 0, sizeof(*list), &is_new);
	if (!is_new)
		return list;
	proc_fd = proc_open_task(getpid());
	if (proc_fd < 0 || proc_read_mountinfo(proc_fd, &mounts) < 0)
		return list;
	list->items = arena_array(arena, struct mount, mounts.count + 1);
	for (size_t i = 0; i < mounts.count; i++)
		list->items[list->nr++] = (struct mount){
			.id = mounts.items[i].id,
			.dev = mounts.items[i].dev_major << 20 | mounts.items[i].dev_minor,
			.path = arena_strdup(arena, mounts.items[i].mountpoint),
		};
	return list;
}

/* Not what lies below another mount. */
static bool is_on_top(const struct mount *mount, struct stat *stat)
{
	struct statx now;

	if (statx(AT_FDCWD, mount->path, AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW, STATX_TYPE, &now) < 0)
		return false;
	if (lstat(mount->path, stat) < 0)
		return false;
#ifdef STATX_MNT_ID
	if (statx(AT_FDCWD, mount->path, AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &now) == 0 &&
	    now.stx_mask & STATX_MNT_ID)
		return now.stx_mnt_id == (uint64_t)mount->id;
#endif
	return true;
}

static const char *find_mount(void **kind_state, struct arena *arena, int id, uint32_t dev, bool directory,
			      int *ret_id)
{
	const struct mount_list *list = get_mounts(kind_state, arena);
	struct stat stat;

	for (size_t i = 0; i < list->nr; i++) {
		const struct mount *mount = &list->items[i];

		if ((id ? mount->id != id : mount->dev != dev) || !is_on_top(mount, &stat) ||
		    (directory && !S_ISDIR(stat.st_mode)))
			continue;
		if (ret_id)
			*ret_id = mount->id;
		return mount->path;
	}
	return NULL;
}

const char *watched_mountpoint(void **kind_state, struct arena *arena, int id, uint32_t dev, int *ret_id)
{
	return find_mount(kind_state, arena, id, dev, false, ret_id);
}

/* --- handles --- */

/* Opening a directory to name its file system by would be told to who watches it; the current directory does as well
 * (AT_FDCWD), and nobody is told of chdir(2). */
static int open_from(const char *mountpoint, struct file_handle *handle)
{
	_cleanup_close_ int before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd, error = 0;

	if (before < 0 || chdir(mountpoint) < 0)
		return -errno;
	fd = open_by_handle_at(AT_FDCWD, handle, O_PATH | O_CLOEXEC);
	if (fd < 0)
		error = -errno;
	if (fchdir(before) < 0 && !error)
		error = -errno;
	if (!error)
		return fd;
	if (fd >= 0)
		close(fd);
	return error;
}

int watched_open_handle(void **kind_state, struct arena *arena, const struct watched *watched)
{
	union {
		struct file_handle head;
		uint8_t bytes[sizeof(struct file_handle) + WATCHED_HANDLE_MAX];
	} handle = { .head.handle_bytes = watched->bytes, .head.handle_type = (int)watched->type };
	const char *mountpoint;
	_cleanup_close_ int fd = -EBADF;
	struct stat stat;

	if (!watched->bytes)
		return -ESTALE;
	mountpoint = find_mount(kind_state, arena, 0, watched->dev, true, NULL);
	if (!mountpoint)
		return -ESTALE;
	memcpy(handle.head.f_handle, watched->handle, watched->bytes);
	fd = open_from(mountpoint, &handle.head);
	if (fd < 0)
		return fd;
	if (fstat(fd, &stat) < 0 || stat.st_ino != watched->inode)
		return -ESTALE;
	return steal_fd(&fd);
}

/* --- dump --- */

static int parse_handle(const char *value, struct watched *ret)
{
	const char *digits = strstr(value, "f_handle:");
	uint64_t bytes, type;
	int error = proc_fdinfo_find_number(value, "fhandle-bytes", 16, UINT32_MAX, &bytes);

	/* The kernel leaves it out for file systems that have none. */
	if (error == -ENOENT)
		return 0;
	if (error == 0)
		error = proc_fdinfo_find_number(value, "fhandle-type", 16, UINT32_MAX, &type);
	if (error < 0 || !digits || bytes > WATCHED_HANDLE_MAX)
		return error < 0 ? error : -EINVAL;
	digits += strlen("f_handle:");
	for (size_t i = 0; i < bytes; i++) {
		char pair[3] = { 0 }, *end;

		memcpy(pair, digits, strnlen(digits, 2));
		ret->handle[i] = (uint8_t)strtoul(pair, &end, 16);
		if (end != pair + 2)
			return -EINVAL;
		digits += 2;
	}
	ret->bytes = (uint32_t)bytes;
	ret->type = (uint32_t)type;
	return 0;
}

int watched_parse(const char *value, struct watched *ret)
{
	uint64_t dev;
	int error = proc_fdinfo_find_number(value, "ino", 16, UINT64_MAX, &ret->inode);

	if (error == 0)
		error = proc_fdinfo_find_number(value, "sdev", 16, UINT32_MAX, &dev);
	if (error < 0)
		return error;
	ret->dev = (uint32_t)dev;
	return parse_handle(value, ret);
}

/* Open files of the tree, by inode. */
struct open_files {
	const struct fd_info **fds;
	size_t nr;
};

static int compare_inodes(const void *left, const void *right)
{
	const struct fd_info *a = *(const struct fd_info *const *)left, *b = *(const struct fd_info *const *)right;

	if (a->stat.st_ino != b->stat.st_ino)
		return a->stat.st_ino < b->stat.st_ino ? -1 : 1;
	return a->stat.st_dev < b->stat.st_dev ? -1 : a->stat.st_dev > b->stat.st_dev;
}

static const struct open_files *get_files(struct dump *dump)
{
	struct fd_walk walk = fd_walk_all(&dump->tasks), again = walk;
	struct open_files *files;
	const struct fd_info *fd;
	bool is_new;

	files = kind_state_get(&dump->kind_state, &dump->arena, &files_key, 0, sizeof(*files), &is_new);
	if (!is_new)
		return files;
	while (fd_walk_next(&walk))
		files->nr++;
	files->fds = arena_array(&dump->arena, const struct fd_info *, files->nr + 1);
	files->nr = 0;
	while ((fd = fd_walk_next(&again)))
		files->fds[files->nr++] = fd;
	qsort(files->fds, files->nr, sizeof(*files->fds), compare_inodes);
	return files;
}

static uint32_t find_open_file(struct dump *dump, const struct stat *stat)
{
	const struct open_files *files = get_files(dump);
	struct fd_info wanted = { .stat = *stat };
	const struct fd_info *key = &wanted, **found;

	found = bsearch(&key, files->fds, files->nr, sizeof(*files->fds), compare_inodes);
	return found ? (*found)->file_id : 0;
}

/* The name under which @fd is reached now, if it is. */
static const char *name_of(struct dump *dump, int fd, const struct stat *stat)
{
	char link[32], path[PATH_MAX];
	struct stat now;
	ssize_t size;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = readlink(link, path, sizeof(path) - 1);
	if (size <= 0 || path[0] != '/')
		return NULL;
	path[size] = '\0';
	if (lstat(path, &now) < 0 || now.st_ino != stat->st_ino || now.st_dev != stat->st_dev)
		return NULL;
	return arena_strdup(&dump->arena, path);
}

static int find_nameless(struct dump *dump, struct watched *watched, const struct stat *stat, const char **ret_why)
{
	if (stat->st_nlink && !S_ISDIR(stat->st_mode))
		return 1; /* by its handle alone */
	watched->file = find_open_file(dump, stat);
	if (!watched->file && stat->st_nlink)
		return 1;
	*ret_why = "it is deleted, and no task of the tree has it open";
	return watched->file != 0;
}

int watched_survey_events(struct dump *dump, const struct fd_info *fd)
{
	_cleanup_close_ int duplicate = -EBADF;
	int bytes = 0, ret = fd_duplicate(fd, &duplicate);

	if (ret == 0 && ioctl(duplicate, FIONREAD, &bytes) < 0)
		ret = -errno;
	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot tell whether events wait in it", fd->task->pid,
				 fd_describe(dump, fd));
	if (bytes)
		dump_refuse(dump, fd->task,
			    "%s: events wait to be read (%d bytes), which the kernel would not take back; try again "
			    "when they are read",
			    fd_describe(dump, fd), bytes);
	return 0;
}

int watched_find(struct dump *dump, struct watched *watched, const char **ret_why)
{
	_cleanup_close_ int fd = -EBADF;
	struct stat stat;

	if (!dump->options->force_irmap)
		fd = watched_open_handle(&dump->kind_state, &dump->arena, watched);
	if (fd >= 0 && fstat(fd, &stat) == 0) {
		watched->path = name_of(dump, fd, &stat);
		return watched->path ? 1 : find_nameless(dump, watched, &stat, ret_why);
	}
	watched->path = watched_index_find(dump, watched);
	*ret_why = "it cannot be opened by its handle, and no name was found that leads to it; name the directory where "
		   "it is (--irmap-scan-path)";
	return watched->path != NULL;
}

FhEntry *watched_dump(struct dump *dump, const struct watched *watched)
{
	FhEntry *entry = arena_new(&dump->arena, FhEntry);

	fh_entry__init(entry);
	entry->bytes = watched->bytes;
	entry->type = watched->type;
	entry->n_handle = WATCHED_HANDLE_MAX / sizeof(uint64_t);
	entry->handle = arena_alloc(&dump->arena, WATCHED_HANDLE_MAX);
	memcpy(entry->handle, watched->handle, WATCHED_HANDLE_MAX);
	entry->path = watched->path ? arena_strdup(&dump->arena, watched->path) : NULL;
	return entry;
}

/* --- restore --- */

int watched_load(uint64_t inode, uint32_t dev, const FhEntry *record, struct watched *ret)
{
	if (!record || record->bytes > WATCHED_HANDLE_MAX ||
	    record->bytes > record->n_handle * sizeof(uint64_t) || (record->path && record->path[0] != '/'))
		return -EBADMSG;
	ret->inode = inode;
	ret->dev = dev;
	ret->bytes = record->bytes;
	ret->type = record->type;
	if (record->bytes)
		memcpy(ret->handle, record->handle, record->bytes);
	ret->path = record->path;
	return 0;
}

int watched_open(struct restore *restore, const struct watched *watched, const struct file *file)
{
	char link[32];
	int fd;

	if (file) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", file->fd);
		fd = open(link, O_PATH | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	fd = watched_open_handle(&restore->kind_state, &restore->arena, watched);
	if (fd >= 0 || !watched->path)
		return fd;
	fd = open(watched->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
