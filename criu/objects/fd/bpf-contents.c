// SPDX-License-Identifier: GPL-2.0-only
/* Maps of bpf(2), by that system call: what they are, what they hold, who uses them. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "criu/kernel/proc/fdinfo.h"
#include "criu/model/dump.h"
#include "criu/objects/fd/bpf-internal.h"
#include "criu/objects/outside.h"
#include "criu/util/cleanup.h"
#include "criu/util/read-file.h"

#define FDINFO_MAX (64UL << 10)

static int bpf_call(enum bpf_cmd command, union bpf_attr *attributes)
{
	int result = (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));

	return result < 0 ? -errno : result;
}

static int read_object_info(int fd, void *info, uint32_t size)
{
	union bpf_attr attributes = { .info = { .bpf_fd = (uint32_t)fd, .info_len = size, .info = (uintptr_t)info } };

	return bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attributes);
}

int bpf_read_info(int fd, struct bpf_map_info *ret_info)
{
	memset(ret_info, 0, sizeof(*ret_info));
	return read_object_info(fd, ret_info, sizeof(*ret_info));
}

static int take_line(void *context, const char *key, const char *value)
{
	BpfmapFileEntry *entry = context;

	if (strcmp(key, "memlock") == 0)
		entry->memlock = strtoull(value, NULL, 10);
	else if (strcmp(key, "frozen") == 0)
		entry->frozen = strcmp(value, "1") == 0;
	else if (strcmp(key, "map_id") == 0)
		entry->map_id = (uint32_t)strtoul(value, NULL, 10);
	else if (strcmp(key, "map_extra") == 0) {
		entry->has_map_extra = true;
		entry->map_extra = strtoull(value, NULL, 16);
	}
	return 0;
}

int bpf_read_fdinfo(const char *text, BpfmapFileEntry *entry)
{
	struct proc_fdinfo common;

	return proc_parse_fdinfo(text, strlen(text), take_line, entry, &common);
}

int bpf_open_map(uint32_t id, uint32_t flags)
{
	union bpf_attr attributes = { .map_id = id, .open_flags = flags };

	return bpf_call(BPF_MAP_GET_FD_BY_ID, &attributes);
}

/* --- who uses a map --- */

static bool uses(const uint32_t *maps, uint32_t nr, uint32_t id)
{
	for (uint32_t i = 0; i < nr; i++)
		if (maps[i] == id)
			return true;
	return false;
}

/* 1, 0, or -errno; a program that is gone meanwhile uses nothing. */
static int program_uses(uint32_t program, uint32_t id)
{
	union bpf_attr attributes = { .prog_id = program };
	struct bpf_prog_info info = { 0 };
	_cleanup_close_ int fd = bpf_call(BPF_PROG_GET_FD_BY_ID, &attributes);
	_cleanup_free_ uint32_t *maps = NULL;
	uint32_t nr;
	int ret = fd < 0 ? fd : read_object_info(fd, &info, sizeof(info));

	if (ret < 0)
		return ret == -ENOENT ? 0 : ret;
	nr = info.nr_map_ids;
	maps = calloc(nr + 1, sizeof(*maps));
	if (!maps)
		return -ENOMEM;
	memset(&info, 0, sizeof(info));
	info.nr_map_ids = nr;
	info.map_ids = (uintptr_t)maps;
	ret = read_object_info(fd, &info, sizeof(info));
	return ret < 0 ? ret : uses(maps, nr, id);
}

static int find_program(struct dump *dump, uint32_t id, const char **ret_user)
{
	union bpf_attr attributes = { .start_id = 0 };
	int ret;

	while ((ret = bpf_call(BPF_PROG_GET_NEXT_ID, &attributes)) == 0) {
		uint32_t program = attributes.next_id;

		ret = program_uses(program, id);
		if (ret < 0)
			return ret;
		if (ret > 0)
			*ret_user = arena_printf(&dump->arena, "bpf program %u uses it", program);
		memset(&attributes, 0, sizeof(attributes));
		attributes.start_id = program;
	}
	return ret == -ENOENT ? 0 : ret;
}

static uint32_t map_of(const struct outside_fd *fd)
{
	BpfmapFileEntry entry = BPFMAP_FILE_ENTRY__INIT;
	_cleanup_free_ char *text = NULL;
	char path[64];
	size_t size;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", fd->pid, fd->fd);
	if (read_file_at(AT_FDCWD, path, FDINFO_MAX, &text, &size) < 0 || bpf_read_fdinfo(text, &entry) < 0)
		return 0;
	return entry.map_id;
}

int bpf_find_user(struct dump *dump, uint32_t id, const char **ret_user)
{
	const struct outside_fd *holders;
	ssize_t nr = outside_find_fds(dump, BPF_MAP_LINK, &holders);
	int ret;

	*ret_user = NULL;
	ret = nr < 0 ? (int)nr : find_program(dump, id, ret_user);
	for (ssize_t i = 0; i < nr && ret == 0; i++)
		if (map_of(&holders[i]) == id)
			*ret_user = arena_printf(&dump->arena, "process %d (%s) has it as descriptor %d as well",
						 holders[i].pid, holders[i].comm, holders[i].fd);
	return ret;
}

/* --- contents --- */

struct contents {
	int fd;
	const struct bpf_map_info *info;
	char *keys, *values;
	uint32_t count;
};

static void *at(char *base, uint64_t index, uint32_t size)
{
	return base + index * size;
}

static int read_elements(struct contents *contents)
{
	const struct bpf_map_info *info = contents->info;
	const void *last = NULL;

	for (; contents->count < info->max_entries; contents->count++) {
		void *key = at(contents->keys, contents->count, info->key_size);
		union bpf_attr next = { .map_fd = (uint32_t)contents->fd,
					.key = (uintptr_t)last,
					.next_key = (uintptr_t)key };
		union bpf_attr look = { .map_fd = (uint32_t)contents->fd,
					.key = (uintptr_t)key,
					.value = (uintptr_t)at(contents->values, contents->count, info->value_size) };
		int ret = bpf_call(BPF_MAP_GET_NEXT_KEY, &next);

		if (ret == 0)
			ret = bpf_call(BPF_MAP_LOOKUP_ELEM, &look);
		if (ret < 0)
			return ret == -ENOENT ? 0 : ret;
		last = key;
	}
	return 0;
}

int bpf_read_contents(const struct bpf_map_info *info, void **ret_keys, void **ret_values, uint32_t *ret_count)
{
	struct contents contents = { .info = info };
	_cleanup_close_ int fd = bpf_open_map(info->id, 0);
	uint64_t keys = (uint64_t)info->max_entries * info->key_size;
	uint64_t values = (uint64_t)info->max_entries * info->value_size;
	int ret;

	if (fd < 0)
		return fd;
	if (keys > UINT32_MAX || values > UINT32_MAX)
		return -EFBIG;
	contents.fd = fd;
	contents.keys = malloc(keys + 1);
	contents.values = malloc(values + 1);
	ret = contents.keys && contents.values ? read_elements(&contents) : -ENOMEM;
	*ret_keys = contents.keys;
	*ret_values = contents.values;
	*ret_count = contents.count;
	return ret;
}

static int write_elements(int fd, const BpfmapFileEntry *record, const char *keys, const char *values, uint32_t count)
{
	int ret = 0;

	for (uint32_t i = 0; i < count && ret == 0; i++) {
		union bpf_attr put = { .map_fd = (uint32_t)fd,
				       .key = (uintptr_t)(keys + (uint64_t)i * record->key_size),
				       .value = (uintptr_t)(values + (uint64_t)i * record->value_size) };

		ret = bpf_call(BPF_MAP_UPDATE_ELEM, &put);
	}
	return ret;
}

int bpf_make_map(const BpfmapFileEntry *record, const void *keys, const void *values, uint32_t count)
{
	union bpf_attr attributes = {
		.map_type = record->map_type,
		.key_size = record->key_size,
		.value_size = record->value_size,
		.max_entries = record->max_entries,
		.map_flags = record->map_flags,
	};
	_cleanup_close_ int fd = -EBADF;
	int ret;

	memcpy(attributes.map_name, record->map_name, strnlen(record->map_name, BPF_OBJ_NAME_LEN - 1));
	fd = bpf_call(BPF_MAP_CREATE, &attributes);
	ret = fd < 0 ? fd : write_elements(fd, record, keys, values, count);
	if (ret == 0 && record->frozen) {
		union bpf_attr freeze = { .map_fd = (uint32_t)fd };

		ret = bpf_call(BPF_MAP_FREEZE, &freeze);
	}
	return ret < 0 ? ret : steal_fd(&fd);
}
