// SPDX-License-Identifier: GPL-2.0-only
/* A map with a name in a bpf file system, which would keep the old map, is refused by name.
 *
 * refuses: it is pinned in a bpf file system
 * kinds: bpf_map
 * skip-if: no-kernel-types
 */
#include "test.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int call(int command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int make(void)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1
	};
	int fd = call(BPF_MAP_CREATE, &attributes);

	if (fd < 0)
		skip("bpf: %s", strerror(errno));
	return fd;
}

static void pin(int map, const char *name)
{
	union bpf_attr attributes = { .pathname = (uintptr_t)name, .bpf_fd = (uint32_t)map };

	must(call(BPF_OBJ_PIN, &attributes));
}

static int get(const char *name)
{
	union bpf_attr attributes = { .pathname = (uintptr_t)name };

	return must(call(BPF_OBJ_GET, &attributes));
}

int main(int argc, char **argv)
{
	int pinned, again;

	test_init(argc, argv);
	pinned = make();
	must(mkdir("names", 0700));
	if (mount("bpf", "names", "bpf", 0, NULL) < 0)
		skip("no bpf file system: %s", strerror(errno));
	pin(pinned, "names/map");
	again = get("names/map");
	test_ready();
	test_wait();
	must(close(again));
	must(unlink("names/map"));
	must(umount2("names", MNT_DETACH));
	pass();
}
