// SPDX-License-Identifier: GPL-2.0-only
/* Maps of bpf(2): hash tables and arrays which only the tree uses. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpfmap-data.pb-c.h"

#include "criu/image/file.h"
#include "criu/model/fd-walk.h"
#include "criu/objects/fd/bpf-internal.h"
#include "criu/objects/fd/owner.h"
#include "criu/objects/kinds.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"

/* Those that a new map can be given as they are told. */
#define KEPT_FLAGS                                                                                           \
	(BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_ZERO_SEED | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | \
	 BPF_F_MMAPABLE)

extern const struct fd_kind bpf_map_kind;
static const char data_key;

static bool bpf_map_matches(const struct fd_info *fd)
{
	return strcmp(fd->link, BPF_MAP_LINK) == 0;
}

/* --- dump --- */

struct map_dump {
	bool surveyed, written;
};

static struct map_dump *dump_state(struct dump *dump, uint32_t id)
{
	return kind_state_get(&dump->kind_state, &dump->arena, &bpf_map_kind, id, sizeof(struct map_dump), NULL);
}

static int read_info(const struct fd_info *fd, struct bpf_map_info *info)
{
	_cleanup_close_ int copy = -EBADF;
	int ret = fd_duplicate(fd, &copy);

	return ret < 0 ? ret : bpf_read_info(copy, info);
}

/* Why such a map cannot be made again; NULL: it can. */
static const char *problem(const struct bpf_map_info *info)
{
	if (info->type != BPF_MAP_TYPE_HASH && info->type != BPF_MAP_TYPE_ARRAY)
		return "bpf maps other than hash tables and arrays cannot be kept";
	if (info->ifindex)
		return "bpf maps of a network device cannot be kept";
	if (info->btf_id || info->btf_key_type_id || info->btf_value_type_id)
		return "bpf maps with type information (BTF) cannot be kept";
	if (info->map_flags & ~(uint32_t)KEPT_FLAGS)
		return "bpf maps with such flags cannot be kept";
	return NULL;
}

static int bpf_map_survey(struct dump *dump, const struct fd_info *fd)
{
	struct bpf_map_info info;
	int ret = read_info(fd, &info);
	const char *reason;

	if (ret < 0)
		return log_errno(ret, "task %d: %s: cannot be looked at", fd->task->pid, fd_describe(dump, fd));
	if (!dump_state(dump, info.id)->surveyed) {
		dump_state(dump, info.id)->surveyed = true;
		reason = problem(&info);
		ret = reason ? 0 : bpf_find_user(dump, info.id, &reason);
		if (ret < 0)
			return log_errno(ret, "task %d: %s: cannot find out who uses it", fd->task->pid,
					 fd_describe(dump, fd));
		if (!reason)
			bpf_find_pin(dump, fd, info.id, &reason);
		if (reason)
			dump_refuse(dump, fd->task, "%s (map %u): %s; close it before the dump",
				    fd_describe(dump, fd), info.id, reason);
	}
	return fd_owner_survey(dump, fd);
}

static int write_data(struct image_file *image, const struct bpf_map_info *info)
{
	BpfmapDataEntry record = BPFMAP_DATA_ENTRY__INIT;
	_cleanup_free_ void *keys = NULL;
	_cleanup_free_ void *values = NULL;
	int ret = bpf_read_contents(info, &keys, &values, &record.count);

	if (ret < 0)
		return ret;
	record.map_id = info->id;
	record.keys_bytes = record.count * info->key_size;
	record.values_bytes = record.count * info->value_size;
	ret = image_write_record(image, &record.base);
	if (ret == 0)
		ret = image_write_bytes(image, keys, record.keys_bytes);
	return ret < 0 ? ret : image_write_bytes(image, values, record.values_bytes);
}

static int write_map(struct dump *dump, struct image_file *image, const struct fd_info *fd)
{
	struct bpf_map_info info;
	int ret = read_info(fd, &info);

	if (ret == 0 && !dump_state(dump, info.id)->written) {
		dump_state(dump, info.id)->written = true;
		ret = write_data(image, &info);
	}
	return ret < 0 ? log_errno(ret, "task %d: %s: its contents cannot be kept", fd->task->pid,
				   fd_describe(dump, fd))
		       : 0;
}

/* Of all maps, with the first of them. */
static int write_all(struct dump *dump)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	struct fd_walk walk = fd_walk_dump(dump);
	const struct fd_info *fd;
	bool is_new;
	int ret;

	kind_state_get(&dump->kind_state, &dump->arena, &data_key, 0, 1, &is_new);
	if (!is_new)
		return 0;
	ret = image_create(dump->images, IMAGE_BPFMAP_DATA, 0, &image);
	if (ret < 0)
		return log_errno(ret, "cannot create 'bpfmap-data.img'");
	while (ret == 0 && (fd = fd_walk_next(&walk)))
		if (fd->kind == &bpf_map_kind)
			ret = write_map(dump, image, fd);
	if (ret < 0)
		return ret;
	ret = image_close(steal_pointer(&image));
	return ret < 0 ? log_errno(ret, "cannot write 'bpfmap-data.img'") : 0;
}

static int fill(const struct fd_info *fd, const struct bpf_map_info *info, struct arena *arena,
		BpfmapFileEntry *entry)
{
	entry->flags = fd->flags;
	entry->pos = fd->pos;
	entry->map_type = info->type;
	entry->key_size = info->key_size;
	entry->value_size = info->value_size;
	entry->map_id = info->id;
	entry->max_entries = info->max_entries;
	entry->map_flags = info->map_flags;
	entry->map_name = arena_strdup(arena, info->name);
	return bpf_read_fdinfo(fd->fdinfo, entry);
}

static int bpf_map_dump(struct dump *dump, const struct fd_info *fd, FileEntry *record)
{
	BpfmapFileEntry *entry = arena_new(&dump->arena, BpfmapFileEntry);
	struct bpf_map_info info;
	int ret = write_all(dump);

	if (ret < 0)
		return ret;
	bpfmap_file_entry__init(entry);
	entry->id = record->id;
	entry->fown = fd_owner_dump(dump, fd);
	ret = read_info(fd, &info);
	if (ret == 0)
		ret = fill(fd, &info, &dump->arena, entry);
	record->bpf = entry;
	return ret < 0 ? log_errno(ret, "task %d: %s: cannot be read", fd->task->pid, fd_describe(dump, fd)) : 0;
}

/* --- restore --- */

struct map_restore {
	const char *keys, *values;
	uint32_t keys_bytes, values_bytes, count;
	bool has_data;
	uint32_t new_id; /* of the map that was made; 0: none yet */
	int fd;		 /* service number: holds the map until all descriptions are opened */
	unsigned int left;
};

static struct map_restore *restore_state(struct restore *restore, uint32_t id)
{
	struct map_restore *map;
	bool is_new;

	map = kind_state_get(&restore->kind_state, &restore->arena, &bpf_map_kind, id, sizeof(*map), &is_new);
	if (is_new)
		map->fd = -EBADF;
	return map;
}

static int take_data(struct restore *restore, struct image_file *image, const BpfmapDataEntry *record)
{
	struct map_restore *map = restore_state(restore, record->map_id);
	uint64_t bytes = (uint64_t)record->keys_bytes + record->values_bytes;
	char *data;

	if (map->has_data || bytes > image_bytes_left(image))
		return -EBADMSG;
	data = arena_alloc(&restore->arena, bytes + 1);
	map->has_data = true;
	map->keys = data;
	map->values = data + record->keys_bytes;
	map->keys_bytes = record->keys_bytes;
	map->values_bytes = record->values_bytes;
	map->count = record->count;
	return image_read_bytes(image, data, bytes);
}

static int load_data(struct restore *restore)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	int ret = image_open(restore->images, IMAGE_BPFMAP_DATA, 0, &image);

	if (ret == -ENOENT)
		return 0;
	if (ret < 0)
		return log_errno(ret, "cannot open 'bpfmap-data.img'");
	for (;;) {
		_cleanup_message_ ProtobufCMessage *message = NULL;

		ret = image_read_record(image, NULL, &message);
		if (ret == 0)
			return 0;
		if (ret > 0)
			ret = take_data(restore, image, (const BpfmapDataEntry *)message);
		if (ret < 0)
			return log_errno(ret, "cannot read 'bpfmap-data.img'");
	}
}

static bool is_proper(const BpfmapFileEntry *record, const struct map_restore *map)
{
	if (!record->key_size || !record->value_size || !record->max_entries ||
	    (record->flags & O_ACCMODE) == O_ACCMODE || strlen(record->map_name) >= BPF_OBJ_NAME_LEN)
		return false;
	return map->count <= record->max_entries && (uint64_t)map->count * record->key_size == map->keys_bytes &&
	       (uint64_t)map->count * record->value_size == map->values_bytes;
}

static int bpf_map_load(struct restore *restore, struct file *file)
{
	const BpfmapFileEntry *record = file->record->bpf;
	struct map_restore *map;
	bool is_new;
	int ret;

	kind_state_get(&restore->kind_state, &restore->arena, &data_key, 0, 1, &is_new);
	ret = is_new ? load_data(restore) : 0;
	if (ret < 0)
		return ret;
	map = file->object = record ? restore_state(restore, record->map_id) : NULL;
	if (!map || !is_proper(record, map))
		return log_fail(-EBADMSG, "files.img: file %u is no proper bpf map", file->id);
	map->left++;
	if ((record->map_type != BPF_MAP_TYPE_HASH && record->map_type != BPF_MAP_TYPE_ARRAY) || record->ifindex ||
	    record->map_flags & ~(uint32_t)KEPT_FLAGS || (record->has_map_extra && record->map_extra))
		restore_refuse(restore, NULL, "file %u: a bpf map of type %u with flags %#x cannot be restored",
			       file->id, record->map_type, record->map_flags);
	return 0;
}

static int make_map(struct restore *restore, const BpfmapFileEntry *record, struct map_restore *map)
{
	struct bpf_map_info info;
	int fd = bpf_make_map(record, map->keys, map->values, map->count);
	int ret = fd < 0 ? fd : bpf_read_info(fd, &info);

	if (ret == 0) {
		map->new_id = info.id;
		map->fd = restore_service_fd(restore, steal_fd(&fd));
		ret = map->fd < 0 ? map->fd : 0;
	}
	if (fd >= 0)
		close(fd);
	return ret < 0 ? log_errno(ret, "bpf map '%s' (%u) cannot be made", record->map_name, record->map_id) : 0;
}

static uint32_t access_flags(const BpfmapFileEntry *record)
{
	switch (record->flags & O_ACCMODE) {
	case O_RDONLY:
		return BPF_F_RDONLY;
	case O_WRONLY:
		return BPF_F_WRONLY;
	default:
		return 0;
	}
}

static int bpf_map_open(struct restore *restore, struct file *file, int *ret_fd)
{
	const BpfmapFileEntry *record = file->record->bpf;
	struct map_restore *map = file->object;
	_cleanup_close_ int fd = -EBADF;
	int ret = map->new_id ? 0 : make_map(restore, record, map);

	if (ret < 0)
		return ret;
	/* The last one for both is the one by which it was made. */
	if (--map->left == 0 && !access_flags(record))
		fd = steal_fd(&map->fd);
	else
		fd = bpf_open_map(map->new_id, access_flags(record));
	if (!map->left && map->fd >= 0)
		close(steal_fd(&map->fd));
	if (fd < 0)
		return log_errno(fd, "bpf map '%s' (%u) cannot be opened", record->map_name, record->map_id);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, record->flags & (O_NONBLOCK | O_APPEND)) < 0)
		return log_errno(errno, "bpf map '%s': flags", record->map_name);
	*ret_fd = steal_fd(&fd);
	return 0;
}

static int bpf_map_attach(struct restore *restore, struct task *task, const struct file *file, int fd)
{
	return fd_owner_restore(task, fd, file->record->bpf->fown, file->record->bpf->flags);
}

const struct fd_kind bpf_map_kind = {
	.name = "bpf-map",
	.type = FD_TYPES__BPFMAP,
	.matches = bpf_map_matches,
	.survey = bpf_map_survey,
	.dump = bpf_map_dump,
	.load = bpf_map_load,
	.open = bpf_map_open,
	.attach = bpf_map_attach,
};
