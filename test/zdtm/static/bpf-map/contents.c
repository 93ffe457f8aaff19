// SPDX-License-Identifier: GPL-2.0-only
/* An array and a hash table of bpf(2): what they hold, their names and flags, one frozen, one for reading only by a second
 * description of the same map.
 *
 * kinds: bpf_map
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES 100U

static int call(int command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int make(uint32_t type, uint32_t flags, const char *name)
{
	union bpf_attr attributes = {
		.map_type = type, .key_size = 4, .value_size = 12, .max_entries = ENTRIES, .map_flags = flags
	};
	int fd;

	strcpy(attributes.map_name, name);
	fd = call(BPF_MAP_CREATE, &attributes);
	if (fd < 0)
		skip("bpf: %s", strerror(errno));
	return fd;
}

static int put(int map, uint32_t key, uint32_t seed)
{
	uint32_t value[3];
	union bpf_attr attributes = { .map_fd = (uint32_t)map, .key = (uintptr_t)&key, .value = (uintptr_t)value };

	test_fill(value, sizeof(value), seed);
	return call(BPF_MAP_UPDATE_ELEM, &attributes);
}

static int get(int map, uint32_t key, uint32_t seed)
{
	uint32_t value[3];
	union bpf_attr attributes = { .map_fd = (uint32_t)map, .key = (uintptr_t)&key, .value = (uintptr_t)value };

	return call(BPF_MAP_LOOKUP_ELEM, &attributes) == 0 && test_differs(value, sizeof(value), seed) < 0 ? 0
													   : -1;
}

static struct bpf_map_info info_of(int map)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr attributes = {
		.info = { .bpf_fd = (uint32_t)map, .info_len = sizeof(info), .info = (uintptr_t)&info },
	};

	must(call(BPF_OBJ_GET_INFO_BY_FD, &attributes));
	return info;
}

int main(int argc, char **argv)
{
	union bpf_attr freeze = { 0 }, again = { .open_flags = BPF_F_RDONLY };
	int array, hash, reader;

	test_init(argc, argv);
	array = make(BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE, "an_array");
	hash = make(BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, "a_hash");
	for (uint32_t i = 0; i < ENTRIES; i++)
		must(put(array, i, i + 1));
	for (uint32_t i = 0; i < ENTRIES; i += 2)
		must(put(hash, i * 1000003, i + 7));
	freeze.map_fd = (uint32_t)array;
	must(call(BPF_MAP_FREEZE, &freeze));
	again.map_id = info_of(hash).id;
	reader = must(call(BPF_MAP_GET_FD_BY_ID, &again));
	test_ready();
	test_wait();
	for (uint32_t i = 0; i < ENTRIES; i++) {
		check(get(array, i, i + 1) == 0, "element %u of the array", i);
		check((get(reader, i * 1000003, i + 7) == 0) == (i % 2 == 0), "element %u of the hash table", i);
	}
	check(put(array, 1, 1) < 0 && errno == EPERM, "the array is not frozen");
	check(put(reader, 1, 1) < 0 && errno == EPERM, "the reader writes");
	must(put(hash, 1, 99));
	check(get(reader, 1, 99) == 0, "two maps");
	check(info_of(hash).id == info_of(reader).id && strcmp(info_of(hash).name, "a_hash") == 0, "another map");
	check(info_of(array).map_flags == BPF_F_MMAPABLE && info_of(array).max_entries == ENTRIES, "another array");
	pass();
}
