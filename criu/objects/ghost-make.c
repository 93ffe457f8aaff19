// SPDX-License-Identifier: GPL-2.0-only
/* Makes files that are to have no name: each gets one of its own, then for a moment that which it had, so that
 * /proc/PID/fd shows the old name, then none. A deleted directory stays until those that were in it are made. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "criu/arch/arch.h"
#include "criu/objects/fd/regular.h"
#include "criu/objects/ghost-internal.h"
#include "criu/objects/ghost.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* Longest part of the old name in ours: the suffix still fits behind it (NAME_MAX). */
#define NAME_PART_MAX 200
#define PATH_COMPONENTS_MAX (PATH_MAX / 2)

/* A directory that is there for a moment. */
struct kept_directory {
	const char *path;
	ssize_t entry;
	const struct ghost_place *place; /* NULL: was only needed on the way */
};

struct making {
	struct restore *restore;
	struct ghost_journal *journal;
	struct kept_directory directories[PATH_COMPONENTS_MAX];
	size_t nr_directories;
};

/* --- names --- */

static int make_up_name(struct restore *restore, const char *path, uint32_t id, char **ret_name)
{
	size_t directory = (size_t)(strrchr(path, '/') + 1 - path);
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -EIO;
	*ret_name = arena_printf(&restore->arena, "%.*s%.*s" GHOST_SUFFIX_START "%x.%0*lx" GHOST_SUFFIX_END,
				 (int)directory, path, NAME_PART_MAX, path + directory, id,
				 GHOST_NUMBER_DIGITS, (unsigned long)number);
	return 0;
}

/* --- the inode --- */

static struct timespec time_of(const Timeval *time, uint32_t nsec)
{
	if (!time)
		return (struct timespec){ .tv_nsec = UTIME_OMIT };
	return (struct timespec){ .tv_sec = (time_t)time->tv_sec, .tv_nsec = (long)(time->tv_usec * 1000 + nsec) };
}

/* Last of all: what is done to a file changes them. @fd is O_PATH. */
static int set_times(const GhostFileEntry *record, int fd)
{
	struct timespec times[2] = { time_of(record->atim, record->atim_nsec),
				     time_of(record->mtim, record->mtim_nsec) };
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return utimensat(AT_FDCWD, path, times, 0) < 0 ? -errno : 0;
}

static int set_attributes(const GhostFileEntry *record, const char *path)
{
	if (lchown(path, record->uid, record->gid) < 0)
		return -errno;
	if (!S_ISLNK(record->mode) && chmod(path, record->mode & 07777) < 0)
		return -errno;
	for (size_t i = 0; i < record->n_xattrs; i++) {
		const GhostXattr *xattr = record->xattrs[i];

		if (lsetxattr(path, xattr->name, xattr->value.data, xattr->value.len, 0) < 0)
			return log_errno(errno, "attribute '%s' cannot be set", xattr->name);
	}
	return 0;
}

static int make_regular(struct restore *restore, const struct ghost *ghost, const char *path)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : ghost_fill(restore, ghost, fd);
}

static int make_inode(struct restore *restore, const struct ghost *ghost, const char *path)
{
	const GhostFileEntry *record = ghost->record;
	int ret;

	if (S_ISREG(record->mode))
		return make_regular(restore, ghost, path);
	if (S_ISDIR(record->mode))
		ret = mkdir(path, 0700);
	else if (S_ISLNK(record->mode))
		ret = symlink(record->symlnk_target, path);
	else
		ret = mknod(path, (record->mode & S_IFMT) | 0600, record->rdev);
	return ret < 0 ? -errno : 0;
}

/* Under a name that nobody else uses. */
static int make_ghost(struct making *making, struct ghost *ghost, const char *path)
{
	bool directory = S_ISDIR(ghost->record->mode);
	int ret = make_up_name(making->restore, path, ghost->id, &ghost->path);

	if (ret < 0)
		return ret;
	ghost->entry = ghost_journal_add(making->journal, ghost->path, directory, NULL);
	if (ghost->entry < 0)
		return (int)ghost->entry;
	if (ghost->source)
		return link(ghost->source, ghost->path) < 0 ? -errno : 0;
	ret = make_inode(making->restore, ghost, ghost->path);
	return ret < 0 ? ret : set_attributes(ghost->record, ghost->path);
}

/* --- directories on the way --- */

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 && path[length] == '/';
}

/* Those that @path is not in; all for NULL. */
static int leave_directories(struct making *making, const char *path)
{
	int ret = 0;

	while (making->nr_directories && ret == 0) {
		const struct kept_directory *kept = &making->directories[making->nr_directories - 1];

		if (path && is_below(path, kept->path))
			return 0;
		ret = ghost_journal_remove(making->journal, kept->entry);
		if (ret == 0 && kept->place)
			ret = set_times(kept->place->ghost->record, kept->place->fd);
		making->nr_directories--;
	}
	return ret;
}

static int keep_directory(struct making *making, const char *path, ssize_t entry, const struct ghost_place *place)
{
	if (making->nr_directories == PATH_COMPONENTS_MAX)
		return -ENAMETOOLONG;
	making->directories[making->nr_directories++] = (struct kept_directory){ path, entry, place };
	return 0;
}

/* Gives what has the name @from the name @to as well (or instead), if that is free; -EEXIST when not. */
static int give_name(struct making *making, const char *from, const char *to, bool move, ssize_t *ret_entry)
{
	struct stat st;
	ssize_t entry;
	int ret;

	if (lstat(from, &st) < 0)
		return -errno;
	entry = ghost_journal_add(making->journal, to, S_ISDIR(st.st_mode), &st);
	if (entry < 0)
		return (int)entry;
	ret = move ? renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) : link(from, to);
	if (ret < 0) {
		ret = -errno;
		ghost_journal_forget(making->journal, entry);
		return ret;
	}
	*ret_entry = entry;
	return 0;
}

static int make_directory(struct making *making, const char *path)
{
	ssize_t own, entry;
	char *name;
	int ret = make_up_name(making->restore, path, 0, &name);

	own = ret < 0 ? ret : ghost_journal_add(making->journal, name, true, NULL);
	if (own < 0)
		return (int)own;
	ret = mkdir(name, 0700) < 0 ? -errno : give_name(making, name, path, true, &entry);
	if (ret < 0) {
		ghost_journal_remove(making->journal, own);
		return ret;
	}
	ghost_journal_forget(making->journal, own);
	return keep_directory(making, path, entry, NULL);
}

/* Directories of @path that are not there. */
static int make_way(struct making *making, const char *path)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		char *directory = arena_strdup(&making->restore->arena, path);
		struct stat st;
		int ret;

		directory[slash - path] = '\0';
		if (stat(directory, &st) == 0)
			continue;
		ret = errno == ENOENT ? make_directory(making, directory) : -errno;
		if (ret < 0)
			return log_errno(ret, "directory '%s' cannot be made for a moment", directory);
	}
	return 0;
}

/* --- places --- */

/* A description by O_PATH | O_NOFOLLOW cannot be had through /proc/self/fd. */
static int open_by_name(struct making *making, struct ghost_user *user, const char *path)
{
	const struct file *file = restore_find_file(making->restore, user->file_id);
	int flags = (int)file->record->reg->flags, fd;

	if (!file->wanted || (flags & (O_PATH | O_NOFOLLOW)) != (O_PATH | O_NOFOLLOW))
		return 0;
	fd = open(path, O_CLOEXEC | (flags & (O_PATH | O_NOFOLLOW | O_DIRECTORY)));
	if (fd < 0)
		return -errno;
	user->fd = restore_service_fd(making->restore, fd);
	return user->fd < 0 ? user->fd : 0;
}

static int open_place(struct making *making, struct ghost_user *users, size_t nr, const char *path)
{
	struct ghost_place *place = users->shared;
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	place->fd = restore_service_fd(making->restore, fd);
	if (place->fd < 0)
		return place->fd;
	for (size_t i = 0; i < nr && ret == 0; i++)
		ret = open_by_name(making, &users[i], path);
	return ret;
}

/* Another file may have the name, and file systems need not know how to move without replacing. */
static int name_place(struct making *making, struct ghost_place *place, ssize_t *ret_entry, const char **ret_path)
{
	struct ghost *ghost = place->ghost;
	bool last = --ghost->names_left == 0;
	int ret = give_name(making, ghost->path, place->path, last, ret_entry);

	*ret_path = place->path;
	if (ret == 0 && last)
		ghost_journal_forget(making->journal, ghost->entry);
	if (ret == -EEXIST || ret == -EINVAL || ret == -EPERM || ret == -EOPNOTSUPP) {
		log_info("deleted file '%s': the name cannot be had, /proc is going to show '%s'",
			 place->path, ghost->path);
		*ret_path = ghost->path;
		*ret_entry = last ? ghost->entry : -1;
		ret = 0;
	}
	return ret;
}

static int fill_place(struct making *making, struct ghost_user *users, size_t nr)
{
	struct ghost_place *place = users->shared;
	const char *path;
	ssize_t entry;
	int ret = name_place(making, place, &entry, &path);

	if (ret == 0)
		ret = open_place(making, users, nr, path);
	if (ret == 0 && S_ISDIR(place->ghost->record->mode))
		return keep_directory(making, path, entry, place);
	if (ret == 0 && entry >= 0)
		ret = ghost_journal_remove(making->journal, entry);
	return ret < 0 ? ret : set_times(place->ghost->record, place->fd);
}

/* --- without any name: O_TMPFILE --- */

/* The one description which has made the file still shows so, and has its flags. */
static int flags_of_maker(struct making *making, const struct ghost_user *users, size_t nr, size_t *ret_maker)
{
	for (size_t i = 0; i < nr; i++) {
		const struct file *file = restore_find_file(making->restore, users[i].file_id);

		*ret_maker = i;
		if (file->wanted && (file->record->reg->flags & O_TMPFILE) == O_TMPFILE)
			return (int)file->record->reg->flags & ~O_ASYNC;
	}
	*ret_maker = nr;
	return O_TMPFILE | O_RDWR;
}

static int open_nameless(struct making *making, const char *directory, const struct ghost_user *users,
			 size_t nr, size_t *ret_maker)
{
	int flags = flags_of_maker(making, users, nr, ret_maker) | O_CLOEXEC, fd;

	if (*ret_maker < nr &&
	    regular_is_small(making->restore, restore_find_file(making->restore, users[*ret_maker].file_id)))
		return arch_open_small(directory, flags, 0600);
	fd = open(directory, flags, 0600);
	return fd < 0 ? -errno : fd;
}

static int make_nameless(struct making *making, struct ghost_user *users, size_t nr)
{
	const struct ghost *ghost = users->shared->ghost;
	char *directory = arena_strdup(&making->restore->arena, users->shared->path), link[32];
	_cleanup_close_ int filler = -EBADF;
	size_t maker;
	int fd, ret;

	*(strrchr(directory, '/') + (strrchr(directory, '/') == directory)) = '\0';
	fd = open_nameless(making, directory, users, nr, &maker);
	fd = fd < 0 ? fd : restore_service_fd(making->restore, fd);
	if (fd < 0)
		return fd;
	users->shared->fd = fd;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	filler = open(link, O_WRONLY | O_CLOEXEC);
	ret = filler < 0 ? -errno : ghost_fill(making->restore, ghost, filler);
	if (ret == 0 && (fchown(filler, ghost->record->uid, ghost->record->gid) < 0 ||
			 fchmod(filler, ghost->record->mode & 07777) < 0))
		ret = -errno;
	for (size_t i = 0; ret == 0 && i < ghost->record->n_xattrs; i++)
		if (fsetxattr(filler, ghost->record->xattrs[i]->name, ghost->record->xattrs[i]->value.data,
			      ghost->record->xattrs[i]->value.len, 0) < 0)
			ret = -errno;
	if (ret == 0 && maker < nr)
		users[maker].fd = fcntl(fd, F_DUPFD_CLOEXEC, making->restore->service_fd_base);
	return ret < 0 ? ret : set_times(ghost->record, fd);
}

/* --- all --- */

static int make_place(struct making *making, struct ghost_user *users, size_t nr)
{
	struct ghost_place *place = users->shared;
	int ret = leave_directories(making, place->path);

	if (ret == 0)
		ret = make_way(making, place->path);
	if (ret < 0)
		return ret;
	if (place->ghost->record->linkable)
		return make_nameless(making, users, nr);
	if (!place->ghost->path)
		ret = make_ghost(making, place->ghost, place->path);
	return ret < 0 ? ret : fill_place(making, users, nr);
}

static int make_places(struct making *making, struct ghosts *ghosts)
{
	int ret = 0;

	for (size_t i = 0, nr; i < ghosts->nr && ret == 0; i += nr) {
		struct ghost_user *users = &ghosts->users[i];

		for (nr = 1; i + nr < ghosts->nr && users[nr].shared == users->shared;)
			nr++;
		ret = make_place(making, users, nr);
		if (ret < 0)
			return log_errno(ret, "deleted file '%s' cannot be made again", users->shared->path);
	}
	return ret < 0 ? ret : leave_directories(making, NULL);
}

int ghost_make_all(struct restore *restore, struct ghosts *ghosts)
{
	struct making *making = arena_new(&restore->arena, struct making);
	int ret = ghost_journal_open(2 * ghosts->nr + PATH_COMPONENTS_MAX + 1, &making->journal);

	making->restore = restore;
	if (ret < 0)
		return log_errno(ret, "deleted files cannot be made: nobody to clean up");
	ret = make_places(making, ghosts);
	ghost_journal_close(making->journal);
	return ret;
}
