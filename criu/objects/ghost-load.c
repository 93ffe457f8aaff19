// SPDX-License-Identifier: GPL-2.0-only
/* Images of files that lost their last name: what is to be made again, checked. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remap-file-path.pb-c.h"

#include "criu/image/file.h"
#include "criu/objects/ended-process.h"
#include "criu/objects/fd/regular.h"
#include "criu/objects/ghost-internal.h"
#include "criu/objects/ghost.h"
#include "criu/objects/kinds.h"
#include "criu/objects/link-remap.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* Marks a ghost id in images without remap_type. */
#define OLD_GHOST_BIT (1U << 31)

static const char ghosts_key, ghost_key, linked_key, record_key;

struct ghosts *ghosts_of(struct restore *restore)
{
	return kind_state_get(&restore->kind_state, &restore->arena, &ghosts_key, 0, sizeof(struct ghosts), NULL);
}

/* --- one ghost --- */

static bool is_possible_mode(const GhostFileEntry *record)
{
	switch (record->mode & S_IFMT) {
	case S_IFLNK:
		return record->symlnk_target && record->symlnk_target[0];
	case S_IFCHR:
	case S_IFBLK:
		return record->has_rdev;
	case S_IFREG:
	case S_IFDIR:
	case S_IFIFO:
	case S_IFSOCK:
		return true;
	default:
		return false;
	}
}

static bool is_possible(const GhostFileEntry *record)
{
	if (!is_possible_mode(record) || record->mode > (S_IFMT | 07777))
		return false;
	if (record->atim && (record->atim->tv_usec >= 1000000 || record->atim_nsec >= 1000))
		return false;
	if (record->mtim && (record->mtim->tv_usec >= 1000000 || record->mtim_nsec >= 1000))
		return false;
	if (record->has_attributes && !S_ISREG(record->mode) && !S_ISDIR(record->mode))
		return false;
	if (record->chunks && (!S_ISREG(record->mode) || !record->has_size))
		return false;
	return record->size <= INT64_MAX && (!record->linkable || S_ISREG(record->mode));
}

/* Walks over the contents. */
static int check_chunks(struct image_file *image, uint64_t size)
{
	for (;;) {
		_cleanup_message_ ProtobufCMessage *message = NULL;
		const GhostChunkEntry *chunk;
		int ret = image_read_record(image, NULL, &message);

		if (ret <= 0)
			return ret;
		chunk = (const GhostChunkEntry *)message;
		if (chunk->off > size || chunk->len > size - chunk->off)
			return -EBADMSG;
		ret = image_skip_bytes(image, chunk->len);
		if (ret < 0)
			return ret;
	}
}

static int read_ghost(struct restore *restore, struct ghost *ghost)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	ProtobufCMessage *message = NULL;
	int ret = image_open(restore->images, IMAGE_GHOST_FILE, ghost->id, &image);

	if (ret < 0)
		return ret;
	ret = image_read_record(image, NULL, &message);
	if (ret <= 0)
		return ret < 0 ? ret : -EBADMSG;
	ghost->record = (GhostFileEntry *)message;
	if (!is_possible(ghost->record))
		return -EBADMSG;
	return ghost->record->chunks ? check_chunks(image, ghost->record->size) : 0;
}

static int find_ghost(struct restore *restore, uint32_t id, struct ghost **ret_ghost)
{
	bool is_new;
	int ret;

	*ret_ghost = kind_state_get(&restore->kind_state, &restore->arena, &ghost_key, id,
				    sizeof(**ret_ghost), &is_new);
	if (!is_new)
		return 0;
	(*ret_ghost)->id = id;
	ret = read_ghost(restore, *ret_ghost);
	return ret < 0 ? log_errno(ret, "deleted file: 'ghost-file-%x.img' cannot be read", id) : 0;
}

/* --- contents --- */

static int copy_bytes(struct image_file *image, int fd, uint64_t at, uint64_t left)
{
	char buffer[65536];

	while (left) {
		size_t part = MIN(left, sizeof(buffer)), done = 0;
		int ret = image_read_bytes(image, buffer, part);

		while (ret == 0 && done < part) {
			ssize_t put = pwrite(fd, buffer + done, part - done, (off_t)(at + done));

			ret = put < 0 ? -errno : 0;
			done += put > 0 ? (size_t)put : 0;
		}
		if (ret < 0)
			return ret;
		at += part;
		left -= part;
	}
	return 0;
}

static int copy_chunks(struct image_file *image, const struct ghost *ghost, int fd)
{
	if (ftruncate(fd, (off_t)ghost->record->size) < 0)
		return -errno;
	for (;;) {
		_cleanup_message_ ProtobufCMessage *message = NULL;
		const GhostChunkEntry *chunk;
		int ret = image_read_record(image, NULL, &message);

		if (ret <= 0)
			return ret;
		chunk = (const GhostChunkEntry *)message;
		ret = copy_bytes(image, fd, chunk->off, chunk->len);
		if (ret < 0)
			return ret;
	}
}

int ghost_fill(struct restore *restore, const struct ghost *ghost, int fd)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	_cleanup_message_ ProtobufCMessage *message = NULL;
	int ret = image_open(restore->images, IMAGE_GHOST_FILE, ghost->id, &image);

	if (ret == 0)
		ret = image_read_record(image, NULL, &message);
	if (ret < 0)
		return ret;
	return ghost->record->chunks ? copy_chunks(image, ghost, fd)
				     : copy_bytes(image, fd, 0, image_bytes_left(image));
}

/* --- which records want them --- */

static struct ghost_user *add_user(struct restore *restore, struct ghosts *ghosts)
{
	if (ghosts->nr == ghosts->room) {
		size_t room = ghosts->room ? 2 * ghosts->room : 16;
		struct ghost_user *users = arena_array(&restore->arena, struct ghost_user, room);

		if (ghosts->nr)
			memcpy(users, ghosts->users, ghosts->nr * sizeof(*users));
		ghosts->users = users;
		ghosts->room = room;
	}
	return &ghosts->users[ghosts->nr++];
}

static int add_place(struct restore *restore, const struct file *file, struct ghost *ghost)
{
	struct ghosts *ghosts = ghosts_of(restore);
	const char *path = file->record->reg->name;

	if (path[0] != '/' || !path[1] || path[strlen(path) - 1] == '/')
		return log_fail(-EBADMSG, "files.img: file %u: a deleted file cannot have been '%s'",
				file->id, path);
	*add_user(restore, ghosts) = (struct ghost_user){
		.place = { .ghost = ghost, .path = path, .fd = -EBADF },
		.file_id = file->id,
		.fd = -EBADF,
	};
	return 0;
}

static int add_ghost(struct restore *restore, const struct file *file, uint32_t id)
{
	struct ghost *ghost;
	int ret = find_ghost(restore, id, &ghost);

	return ret < 0 ? ret : add_place(restore, file, ghost);
}

/* It is going to be taken away: no other name than one of a dump will do. */
static bool is_link_of_dump(const char *path)
{
	const char *last = strrchr(path, '/');

	return path[0] == '/' && strncmp(last + 1, LINK_REMAP_PREFIX, strlen(LINK_REMAP_PREFIX)) == 0;
}

static int take_source(struct restore *restore, const struct file *source, struct ghost *ghost)
{
	const RegFileEntry *record = source->record->reg;
	struct stat found = { .st_mode = S_IFREG };

	if (lstat(record->name, &found) == 0 && S_ISDIR(found.st_mode))
		return log_fail(-EBADMSG, "files.img: file %u: '%s' is a directory", source->id, record->name);
	ghost->record = arena_new(&restore->arena, GhostFileEntry);
	ghost_file_entry__init(ghost->record);
	ghost->record->mode = found.st_mode;
	ghost->source = record->name;
	return regular_load_record(restore, record);
}

static int add_linked(struct restore *restore, const struct file *file, uint32_t id)
{
	const struct file *source = restore_find_file(restore, id);
	struct ghost *ghost;
	bool is_new;
	int ret = 0;

	if (!source || !source->record->reg || !is_link_of_dump(source->record->reg->name))
		return log_fail(-EBADMSG, "remap-fpath.img: file %u is no link of a dump", id);
	ghost = kind_state_get(&restore->kind_state, &restore->arena, &linked_key, id, sizeof(*ghost), &is_new);
	ghost->id = id | OLD_GHOST_BIT;
	if (is_new)
		ret = take_source(restore, source, ghost);
	return ret < 0 ? ret : add_place(restore, file, ghost);
}

static int take_remap(struct restore *restore, const RemapFilePathEntry *remap)
{
	const struct file *file = restore_find_file(restore, remap->orig_id);
	bool is_ghost = remap->has_remap_type ? remap->remap_type == REMAP_TYPE__GHOST
					      : (remap->remap_id & OLD_GHOST_BIT) != 0;

	if (!file || !file->record->reg)
		return log_fail(-EBADMSG, "remap-fpath.img: there is no file %u with a name in files.img",
				remap->orig_id);
	if (is_ghost)
		return add_ghost(restore, file,
				 remap->has_remap_type ? remap->remap_id : remap->remap_id & ~OLD_GHOST_BIT);
	if (remap->has_remap_type && remap->remap_type == REMAP_TYPE__PROCFS)
		return ended_process_load(restore, file->record->reg, remap->remap_id);
	return add_linked(restore, file, remap->remap_id);
}

/* --- sorted --- */

/* Like strcmp, but what is in a directory comes right behind it. */
static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	if (!*a || !*b)
		return *a ? 1 : -1;
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a - (unsigned char)*b;
}

static int compare_users(const void *left, const void *right)
{
	const struct ghost_user *a = left, *b = right;
	int order = compare_paths(a->place.path, b->place.path);

	return order ? order
		     : (a->place.ghost->id > b->place.ghost->id) - (a->place.ghost->id < b->place.ghost->id);
}

static bool has_one_name(const GhostFileEntry *record)
{
	return S_ISDIR(record->mode) || record->linkable;
}

/* Users of one name of one ghost share a place; @kind_state finds the user of a record. */
static int link_users(struct restore *restore, struct ghosts *ghosts)
{
	for (size_t i = 0; i < ghosts->nr; i++) {
		struct ghost_user *user = &ghosts->users[i], **known;
		bool same = i && compare_users(user, user - 1) == 0, is_new;

		user->shared = same ? user[-1].shared : &user->place;
		user->place.ghost->names_left += !same;
		if (user->place.ghost->names_left > 1 && has_one_name(user->place.ghost->record))
			return log_fail(-EBADMSG, "ghost-file-%x.img: such a file cannot have had two names",
					user->place.ghost->id);
		known = kind_state_get(&restore->kind_state, &restore->arena, &record_key, user->file_id,
				       sizeof(*known), &is_new);
		if (!is_new)
			return log_fail(-EBADMSG, "remap-fpath.img: file %u is there twice", user->file_id);
		*known = user;
	}
	return 0;
}

static struct ghost_user *user_of(const struct restore *restore, uint32_t file_id)
{
	struct ghost_user *const *known = kind_state_find(&restore->kind_state, &record_key, file_id);

	return known ? *known : NULL;
}

static int read_remaps(struct restore *restore)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(restore->images, IMAGE_REMAP_FPATH, 0, &image);

	if (ret < 0)
		return ret == -ENOENT ? 0 : log_errno(ret, "cannot open 'remap-fpath.img'");
	for (;;) {
		_cleanup_message_ ProtobufCMessage *message = NULL;

		ret = image_read_record(image, NULL, &message);
		if (ret < 0)
			return log_errno(ret, "cannot read '%s'", image_name(image));
		if (ret == 0)
			return 0;
		ret = take_remap(restore, (const RemapFilePathEntry *)message);
		if (ret < 0)
			return ret;
	}
}

static int ghost_load(struct restore *restore)
{
	struct ghosts *ghosts = ghosts_of(restore);
	int ret = read_remaps(restore);

	if (ret < 0 || !ghosts->nr)
		return ret;
	qsort(ghosts->users, ghosts->nr, sizeof(*ghosts->users), compare_users);
	return link_users(restore, ghosts);
}

void ghost_free_all(struct restore *restore)
{
	struct ghosts *ghosts = ghosts_of(restore);

	for (size_t i = 0; i < ghosts->nr; i++) {
		struct ghost *ghost = ghosts->users[i].place.ghost;

		if (ghost->record && !ghost->source)
			ghost_file_entry__free_unpacked(steal_pointer(&ghost->record), NULL);
	}
}

/* --- opening --- */

bool ghost_is(const struct restore *restore, const RegFileEntry *record)
{
	return user_of(restore, record->id) != NULL;
}

int ghost_open(struct restore *restore, const RegFileEntry *record, int flags, int *ret_fd)
{
	struct ghost_user *user = user_of(restore, record->id);
	char path[32];
	int fd;

	if (!user)
		return -ENOENT;
	if (user->fd >= 0) {
		*ret_fd = steal_fd(&user->fd);
		return 0;
	}
	if (user->shared->fd < 0)
		return -ENOENT;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", user->shared->fd);
	fd = open(path, flags & ~O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int ghost_make(struct restore *restore)
{
	struct ghosts *ghosts = ghosts_of(restore);

	return ghosts->nr ? ghost_make_all(restore, ghosts) : 0;
}

static void remove_source(struct ghost *ghost)
{
	if (!ghost->source || ghost->source_gone)
		return;
	ghost->source_gone = true;
	if (unlink(ghost->source) < 0)
		log_warn("'%s' cannot be removed: %s", ghost->source, strerror(errno));
}

static int ghost_finish(struct restore *restore)
{
	struct ghosts *ghosts = ghosts_of(restore);
	int ret = 0;

	for (size_t i = 0; i < ghosts->nr && ret == 0; i++)
		ret = ghost_set_attributes(ghosts->users[i].place.ghost, ghosts->users[i].shared->fd);
	return ret;
}

/* Who was restored has the files by now. */
static void ghost_restore_end(struct restore *restore)
{
	struct ghosts *ghosts = ghosts_of(restore);

	for (size_t i = 0; i < ghosts->nr; i++)
		remove_source(ghosts->users[i].place.ghost);
}

const struct global_kind ghost_kind = {
	.name = "ghost",
	.load = ghost_load,
	.make = ghost_make,
	.finish = ghost_finish,
	.restore_end = ghost_restore_end,
	.dump_end = link_remap_end,
};
