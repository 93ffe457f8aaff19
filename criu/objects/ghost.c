// SPDX-License-Identifier: GPL-2.0-only
/* Dump of files that lost their last name: which can be kept, and their images. */
#include "criu/objects/ghost.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "ghost-file.pb-c.h"

#include "criu/image/file.h"
#include "criu/model/dump.h"
#include "criu/objects/fd/lease.h"
#include "criu/objects/file-name.h"
#include "criu/objects/ghost-internal.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"
#include "criu/util/read-file.h"

#define DELETED " (deleted)"
#define BLOCK_SIZE 512
/* Up to here contents stand behind the record as they are, if they have no holes. */
#define SMALL_FILE (3 * 4096)

static const char ghosts_key, last_id_key;

/* --- which files --- */

static bool is_digits(const char *text, size_t length)
{
	return length && strspn(text, "0123456789abcdef") >= length;
}

/* A restore that finds the name taken uses one of its own, see ghost-make.c: that was NAME.cr.ID.NUMBER.ghost. */
void ghost_cut_own_suffix(char *name)
{
	char *end = strstr(name, GHOST_SUFFIX_START), *next;
	size_t length = strlen(name);

	while (end && (next = strstr(end + 1, GHOST_SUFFIX_START)))
		end = next;
	if (!end || length < strlen(GHOST_SUFFIX_END) ||
	    strcmp(name + length - strlen(GHOST_SUFFIX_END), GHOST_SUFFIX_END) != 0)
		return;
	next = strchr(end + strlen(GHOST_SUFFIX_START), '.');
	if (next && is_digits(next + 1, GHOST_NUMBER_DIGITS) &&
	    strcmp(next + 1 + GHOST_NUMBER_DIGITS, GHOST_SUFFIX_END) == 0)
		*end = '\0';
}

const char *ghost_name(struct dump *dump, const struct named_file *file)
{
	size_t length = strlen(file->name), suffix = strlen(DELETED);
	char *name;

	if (file->stat.st_nlink || length <= suffix || strcmp(file->name + length - suffix, DELETED) != 0)
		return NULL;
	name = arena_strdup(&dump->arena, file->name);
	name[length - suffix] = '\0';
	ghost_cut_own_suffix(name);
	return name;
}

/* Files made by O_TMPFILE never had a name: the kernel shows the number of the inode. */
static bool is_nameless(const char *name, const struct named_file *file)
{
	const char *last = strrchr(name, '/') + 1;
	char number[32];

	snprintf(number, sizeof(number), "#%" PRIu64, (uint64_t)file->stat.st_ino);
	return S_ISREG(file->stat.st_mode) && strcmp(last, number) == 0;
}

/* The directory where @name was, or what is left of the way there, must be on the file system of the file. */
static bool is_on_same_mount(const char *name, const struct named_file *file)
{
	_cleanup_free_ char *path = strdup(name);
	struct statx found;
	char *slash;

	while (path && (slash = strrchr(path, '/'))) {
		slash[slash == path] = '\0';
		if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_MNT_ID, &found) == 0) {
			if (file->mnt_id >= 0 && (found.stx_mask & STATX_MNT_ID))
				return found.stx_mnt_id == (uint64_t)file->mnt_id;
			return makedev(found.stx_dev_major, found.stx_dev_minor) == file->stat.st_dev;
		}
		if (slash == path)
			break;
	}
	return false;
}

static const char *limit_problem(struct dump *dump, const struct named_file *file)
{
	uint64_t allocated = (uint64_t)file->stat.st_blocks * BLOCK_SIZE;

	if (!S_ISREG(file->stat.st_mode) || allocated <= dump->options->ghost_limit)
		return NULL;
	return arena_printf(&dump->arena,
			    "the file was deleted, and its %" PRIu64 " bytes are more than the %" PRIu64
			    " of --ghost-limit (--ghost-limit %" PRIu64 " would keep it)",
			    allocated, (uint64_t)dump->options->ghost_limit, allocated);
}

const char *ghost_problem(struct dump *dump, const struct named_file *file)
{
	const char *name = ghost_name(dump, file), *problem;
	_cleanup_close_ int fd = -EBADF;

	if (!name || name[0] != '/')
		return "the file has no name in a file system";
	if (!is_on_same_mount(name, file))
		return "the file was deleted, and where it was another file system is now, so that it could not be made "
		       "again there";
	/* Whose lease is in the way was told. */
	if (!S_ISREG(file->stat.st_mode) || lease_forbids_opening(dump, &file->stat))
		return NULL;
	fd = openat(file->proc_fd, file->proc_link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return arena_printf(&dump->arena, "the file was deleted, and its contents cannot be read: %s",
				    strerror(errno));
	problem = limit_problem(dump, file);
	return problem ? problem : ghost_attributes_problem(file);
}

/* --- the record --- */

static Timeval *time_of(struct dump *dump, const struct timespec *time)
{
	Timeval *record = arena_new(&dump->arena, Timeval);

	timeval__init(record);
	record->tv_sec = (uint64_t)time->tv_sec;
	record->tv_usec = (uint64_t)time->tv_nsec / 1000;
	return record;
}

static void fill_times(struct dump *dump, const struct stat *stat, GhostFileEntry *ghost)
{
	ghost->atim = time_of(dump, &stat->st_atim);
	ghost->mtim = time_of(dump, &stat->st_mtim);
	ghost->has_atim_nsec = ghost->has_mtim_nsec = true;
	ghost->atim_nsec = (uint32_t)stat->st_atim.tv_nsec % 1000;
	ghost->mtim_nsec = (uint32_t)stat->st_mtim.tv_nsec % 1000;
}

static int read_xattr(struct dump *dump, const char *path, const char *name, GhostXattr **ret)
{
	ssize_t size = getxattr(path, name, NULL, 0);
	GhostXattr *xattr = arena_new(&dump->arena, GhostXattr);

	ghost_xattr__init(xattr);
	if (size < 0)
		return -errno;
	xattr->name = arena_strdup(&dump->arena, name);
	xattr->value.data = arena_alloc(&dump->arena, (size_t)size + 1);
	size = getxattr(path, name, xattr->value.data, (size_t)size + 1);
	if (size < 0)
		return -errno;
	xattr->value.len = (size_t)size;
	*ret = xattr;
	return 0;
}

static int fill_xattrs(struct dump *dump, const char *path, GhostFileEntry *ghost)
{
	ssize_t size = listxattr(path, NULL, 0);
	size_t nr = 0;
	char *names;

	if (size <= 0)
		return size < 0 && errno != ENOTSUP ? -errno : 0;
	names = arena_alloc(&dump->arena, (size_t)size + 1);
	size = listxattr(path, names, (size_t)size);
	if (size < 0)
		return -errno;
	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1)
		nr++;
	ghost->xattrs = arena_array(&dump->arena, GhostXattr *, nr);
	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1) {
		int ret = read_xattr(dump, path, names + at, &ghost->xattrs[ghost->n_xattrs]);

		if (ret < 0)
			return ret;
		ghost->n_xattrs++;
	}
	return 0;
}

static int fill_target(struct dump *dump, const struct named_file *file, GhostFileEntry *ghost)
{
	_cleanup_close_ int link = openat(file->proc_fd, file->proc_link, O_PATH | O_CLOEXEC);
	_cleanup_free_ char *target = NULL;
	int ret = link < 0 ? -errno : read_link_at(link, "", &target);

	if (ret == 0)
		ghost->symlnk_target = arena_strdup(&dump->arena, target);
	return ret;
}

static int fill_record(struct dump *dump, const struct named_file *file, GhostFileEntry *ghost)
{
	const struct stat *stat = &file->stat;
	char path[64];
	int ret;

	ghost->uid = stat->st_uid;
	ghost->gid = stat->st_gid;
	ghost->mode = stat->st_mode;
	ghost->has_dev = ghost->has_ino = true;
	ghost->dev = major(stat->st_dev) << 20 | minor(stat->st_dev);
	ghost->ino = stat->st_ino;
	if (S_ISCHR(stat->st_mode) || S_ISBLK(stat->st_mode)) {
		ghost->has_rdev = true;
		ghost->rdev = (uint32_t)stat->st_rdev;
	}
	fill_times(dump, stat, ghost);
	if (S_ISLNK(stat->st_mode))
		return fill_target(dump, file, ghost);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", file->proc_fd, file->proc_link);
	ret = fill_xattrs(dump, path, ghost);
	ghost_read_attributes(file, ghost);
	return ret;
}

/* --- contents --- */

static int write_range(struct image_file *image, int fd, off_t at, off_t end)
{
	char buffer[65536];

	while (at < end) {
		ssize_t got = pread(fd, buffer, MIN((size_t)(end - at), sizeof(buffer)), at);
		int ret = got > 0   ? image_write_bytes(image, buffer, (size_t)got)
			  : got < 0 ? -errno
				    : -ENODATA;

		if (ret < 0)
			return ret;
		at += got;
	}
	return 0;
}

/* The next run of bytes that are no hole; false behind the last. */
static bool next_data(int fd, off_t *at, off_t size, off_t *ret_end)
{
	off_t data = lseek(fd, *at, SEEK_DATA), end;

	if (data < 0 && errno == ENXIO)
		return false;
	if (data < 0) /* no such notion here: all is data */
		data = *at;
	end = lseek(fd, data, SEEK_HOLE);
	*at = data;
	*ret_end = end < 0 || end > size ? size : end;
	return data < size;
}

static int write_chunks(struct image_file *image, int fd, off_t size)
{
	off_t at = 0, end = 0;

	for (; at < size && next_data(fd, &at, size, &end); at = end) {
		GhostChunkEntry chunk = GHOST_CHUNK_ENTRY__INIT;
		int ret;

		chunk.off = (uint64_t)at;
		chunk.len = (uint64_t)(end - at);
		ret = image_write_record(image, &chunk.base);
		if (ret == 0)
			ret = write_range(image, fd, at, end);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static bool has_holes(int fd, off_t size)
{
	off_t hole = size ? lseek(fd, 0, SEEK_HOLE) : 0;

	return hole >= 0 && hole < size;
}

static int write_ghost(struct image_file *image, const struct named_file *file, GhostFileEntry *ghost)
{
	_cleanup_close_ int fd = -EBADF;
	off_t size = file->stat.st_size;
	int ret;

	if (!S_ISREG(file->stat.st_mode))
		return image_write_record(image, &ghost->base);
	fd = openat(file->proc_fd, file->proc_link, O_RDONLY | O_NONBLOCK | O_NOATIME | O_CLOEXEC);
	if (fd < 0 && errno == EPERM)
		fd = openat(file->proc_fd, file->proc_link, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ghost->has_size = ghost->has_chunks = ghost->chunks = size >= SMALL_FILE || has_holes(fd, size);
	ghost->size = (uint64_t)size;
	ret = image_write_record(image, &ghost->base);
	if (ret < 0)
		return ret;
	return ghost->chunks ? write_chunks(image, fd, size) : write_range(image, fd, 0, size);
}

/* --- one image an inode, one remap a record --- */

struct dumped_ghost {
	LIST_ENTRY(dumped_ghost) link;
	dev_t device;
	uint32_t id;
};

LIST_HEAD(dumped_ghosts, dumped_ghost);

static int dump_contents(struct dump *dump, const struct named_file *file, const char *name, uint32_t id)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	GhostFileEntry ghost = GHOST_FILE_ENTRY__INIT;
	int ret = fill_record(dump, file, &ghost);

	if (ret < 0)
		return log_errno(ret, "deleted file '%s': cannot be looked at", name);
	ghost.has_linkable = ghost.linkable = is_nameless(name, file);
	ret = image_create(dump->images, IMAGE_GHOST_FILE, id, &image);
	if (ret < 0)
		return log_errno(ret, "cannot create 'ghost-file-%x.img'", id);
	ret = write_ghost(image, file, &ghost);
	if (ret == 0)
		ret = image_close(steal_pointer(&image));
	return ret < 0 ? log_errno(ret, "deleted file '%s': cannot be written to 'ghost-file-%x.img'", name, id)
		       : 0;
}

/* The id of the inode's image, which is written when it is first seen. */
static int find_ghost(struct dump *dump, const struct named_file *file, const char *name, uint32_t *ret_id)
{
	struct dumped_ghosts *ghosts = kind_state_get(&dump->kind_state, &dump->arena, &ghosts_key,
						      file->stat.st_ino, sizeof(*ghosts), NULL);
	uint32_t *last_id = kind_state_get(&dump->kind_state, &dump->arena, &last_id_key, 0, sizeof(*last_id), NULL);
	struct dumped_ghost *ghost;
	int ret;

	LIST_FOREACH(ghost, ghosts, link)
		if (ghost->device == file->stat.st_dev) {
			*ret_id = ghost->id;
			return 0;
		}
	ghost = arena_new(&dump->arena, struct dumped_ghost);
	ghost->device = file->stat.st_dev;
	ghost->id = ++*last_id;
	LIST_INSERT_HEAD(ghosts, ghost, link);
	ret = dump_contents(dump, file, name, ghost->id);
	*ret_id = ghost->id;
	return ret;
}

int remap_write(struct dump *dump, uint32_t file_id, RemapType type, uint32_t id)
{
	RemapFilePathEntry remap = REMAP_FILE_PATH_ENTRY__INIT;
	int ret = 0;

	remap.orig_id = file_id;
	remap.remap_id = id;
	remap.has_remap_type = true;
	remap.remap_type = type;
	if (!dump->remaps)
		ret = image_create(dump->images, IMAGE_REMAP_FPATH, 0, &dump->remaps);
	if (ret == 0)
		ret = image_write_record(dump->remaps, &remap.base);
	return ret < 0 ? log_errno(ret, "cannot write to 'remap-fpath.img'") : 0;
}

int ghost_dump(struct dump *dump, const struct named_file *file, const RegFileEntry *record)
{
	uint32_t id;
	int ret = find_ghost(dump, file, record->name, &id);

	return ret < 0 ? ret : remap_write(dump, record->id, REMAP_TYPE__GHOST, id);
}
