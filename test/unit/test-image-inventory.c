// SPDX-License-Identifier: GPL-2.0-only
// Directories, their parents and their seal; statistics.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "criu/image/file.h"
#include "criu/image/inventory.h"
#include "criu/image/stats.h"

static char path[64];
static struct image_directory directory;

static int make_directory(void **state)
{
	strcpy(path, "/tmp/test-image-XXXXXX");
	return mkdtemp(path) ? image_directory_open(path, &directory) : -1;
}

static int remove_directory(void **state)
{
	char command[96];

	image_directory_close(&directory);
	snprintf(command, sizeof(command), "rm -r %s", path);
	return system(command);
}

static void assert_file(const char *name, const void *bytes, size_t size)
{
	_cleanup_close_ int fd = openat(directory.fd, name, O_RDONLY);
	uint8_t found[4096];

	assert_true(fd >= 0);
	assert_int_equal(read(fd, found, sizeof(found)), size);
	assert_memory_equal(found, bytes, size);
}

static void write_inventory(unsigned int version, bool fdinfo_per_id, bool ns_per_id)
{
	InventoryEntry entry = INVENTORY_ENTRY__INIT;

	entry.img_version = version;
	entry.has_fdinfo_per_id = entry.has_ns_per_id = version > 0;
	entry.fdinfo_per_id = fdinfo_per_id;
	entry.ns_per_id = ns_per_id;
	assert_int_equal(inventory_write(&directory, &entry, true), 0);
}

static void inventory_is_written_as_documented(void **state)
{
	static const uint8_t expected[] = {
		0x16, 0x31, 0x31, 0x58, 0x4e, 0x00, 0x00, 0x00, 0x08, 0x02, 0x10, 0x01, 0x1a, 0x18, 0x08,
		0x01, 0x10, 0x01, 0x18, 0x01, 0x20, 0x01, 0x28, 0x01, 0x30, 0x02, 0x38, 0x03, 0x40, 0x04,
		0x48, 0x06, 0x50, 0x07, 0x58, 0x08, 0x60, 0x05, 0x20, 0x01, 0x28, 0x01, 0x30, 0x00, 0x58,
		0x00, 0x62, 0x00, 0x6a, 0x24, '0',  '1',  '2',	'3',  '4',  '5',  '6',	'7',  '-',  '8',
		'9',  'a',  'b',  '-',	'4',  'c',  'd',  'e',	'-',  '8',  'f',  '0',	'1',  '-',  '2',
		'3',  '4',  '5',  '6',	'7',  '8',  '9',  'a',	'b',  'c',  'd',
	};
	TaskKobjIdsEntry ids = TASK_KOBJ_IDS_ENTRY__INIT;
	PluginsEntry plugins = PLUGINS_ENTRY__INIT;
	InventoryEntry entry = INVENTORY_ENTRY__INIT;

	ids.vm_id = ids.files_id = ids.fs_id = ids.sighand_id = 1;
	ids.has_pid_ns_id = ids.has_net_ns_id = ids.has_ipc_ns_id = ids.has_uts_ns_id = true;
	ids.has_mnt_ns_id = ids.has_user_ns_id = ids.has_cgroup_ns_id = ids.has_time_ns_id = true;
	ids.pid_ns_id = 1;
	ids.net_ns_id = 2;
	ids.ipc_ns_id = 3;
	ids.uts_ns_id = 4;
	ids.mnt_ns_id = 6;
	ids.user_ns_id = 7;
	ids.cgroup_ns_id = 8;
	ids.time_ns_id = 5;
	entry.img_version = 2;
	entry.has_fdinfo_per_id = entry.fdinfo_per_id = true;
	entry.root_ids = &ids;
	entry.has_ns_per_id = entry.ns_per_id = true;
	entry.has_root_cg_set = true;
	entry.root_cg_set = 1;
	entry.has_lsmtype = true;
	entry.has_network_lock_method = true;
	entry.plugins_entry = &plugins;
	entry.dump_criu_run_id = (char *)"01234567-89ab-4cde-8f01-23456789abcd";
	assert_int_equal(inventory_write(&directory, &entry, false), 0);
	assert_file("inventory.img", expected, sizeof(expected));
}

static void sealed_directory_is_accepted(void **state)
{
	for (unsigned int version = 1; version <= 2; version++) {
		_cleanup_message_ InventoryEntry *entry = NULL;

		write_inventory(version, true, true);
		assert_int_equal(inventory_read(&directory, &entry), 0);
		assert_int_equal(directory.version, version);
	}
}

static void directory_without_a_seal_is_refused(void **state)
{
	InventoryEntry *entry;

	assert_int_equal(inventory_read(&directory, &entry), -ENOENT);
	write_inventory(2, true, true);
	assert_int_equal(inventory_remove(&directory), 0);
	assert_int_equal(inventory_remove(&directory), 0);
	assert_int_equal(inventory_read(&directory, &entry), -ENOENT);
}

static void unknown_and_old_versions_are_refused(void **state)
{
	_cleanup_close_ int fd = -EBADF;
	InventoryEntry *entry;

	write_inventory(3, true, true);
	assert_int_equal(inventory_read(&directory, &entry), -EPROTONOSUPPORT);
	write_inventory(2, false, true);
	assert_int_equal(inventory_read(&directory, &entry), -EPROTO);
	write_inventory(2, true, false);
	assert_int_equal(inventory_read(&directory, &entry), -EPROTO);
	fd = openat(directory.fd, "inventory.img", O_WRONLY);
	assert_int_equal(ftruncate(fd, 5), 0);
	assert_int_equal(inventory_read(&directory, &entry), -EBADMSG);
}

static void pre_dump_is_a_parent_only(void **state)
{
	_cleanup_message_ InventoryEntry *entry = NULL;

	write_inventory(0, false, false);
	assert_int_equal(inventory_read(&directory, &entry), -ENOEXEC);
	assert_int_equal(inventory_read_parent(&directory, &entry), 0);
	assert_int_equal(directory.version, IMAGE_VERSION_2);
}

static void each_error_has_a_text_of_its_own(void **state)
{
	static const int errors[] = { -ENOENT, -EBADMSG, -EPROTONOSUPPORT, -EPROTO, -ENOEXEC, -EACCES };

	for (size_t i = 1; i < sizeof(errors) / sizeof(errors[0]); i++)
		assert_string_not_equal(inventory_describe_error(errors[i]),
					inventory_describe_error(errors[i - 1]));
}

static void parent_is_followed_and_replaced(void **state)
{
	_cleanup_image_directory_ struct image_directory parent = IMAGE_DIRECTORY_NONE;

	assert_int_equal(image_directory_open_parent(&directory, &parent), -ENOENT);
	assert_int_equal(mkdirat(directory.fd, "one", 0700), 0);
	assert_int_equal(image_directory_link_parent(&directory, "nowhere"), 0);
	assert_int_equal(image_directory_link_parent(&directory, "one"), 0);
	assert_int_equal(image_directory_open_parent(&directory, &parent), 0);
	assert_int_equal(parent.depth, 1);
	assert_int_equal(mkdirat(parent.fd, "../one/two", 0700), 0);
	assert_int_equal(image_directory_link_parent(&directory, NULL), 0);
	assert_int_equal(faccessat(directory.fd, "parent", F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

static void circle_of_parents_ends(void **state)
{
	struct image_directory at, next;
	int error;

	assert_int_equal(image_directory_link_parent(&directory, "."), 0);
	assert_int_equal(image_directory_open_fd(directory.fd, &at), 0);
	while (!(error = image_directory_open_parent(&at, &next))) {
		image_directory_close(&at);
		at = next;
	}
	image_directory_close(&at);
	assert_int_equal(error, -ELOOP);
}

static void statistics_are_service_images(void **state)
{
	static const uint8_t dump_head[] = { 0x40, 0x59, 0x10, 0x55, 0x06, 0x33, 0x09,
					     0x57, 18,	 0,    0,    0,	   0x0a, 16 };
	_cleanup_image_close_ struct image_file *file = NULL;
	_cleanup_message_ StatsEntry *stats = NULL;
	DumpStatsEntry dump = DUMP_STATS_ENTRY__INIT;
	RestoreStatsEntry restore = RESTORE_STATS_ENTRY__INIT;
	uint8_t head[sizeof(dump_head)];
	_cleanup_close_ int fd = -EBADF;

	assert_int_equal(stats_write_dump(&directory, &dump), 0);
	fd = openat(directory.fd, "stats-dump", O_RDONLY);
	assert_int_equal(read(fd, head, sizeof(head)), sizeof(head));
	assert_memory_equal(head, dump_head, sizeof(head));

	restore.pages_compared = 7;
	assert_int_equal(stats_write_restore(&directory, &restore), 0);
	assert_int_equal(image_open(&directory, IMAGE_STATS_RESTORE, 0, &file), 0);
	assert_int_equal(image_read_single(file, (ProtobufCMessage **)&stats), 0);
	assert_null(stats->dump);
	assert_int_equal(stats->restore->pages_compared, 7);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(inventory_is_written_as_documented),  TEST(sealed_directory_is_accepted),
		TEST(directory_without_a_seal_is_refused), TEST(unknown_and_old_versions_are_refused),
		TEST(pre_dump_is_a_parent_only),	   TEST(each_error_has_a_text_of_its_own),
		TEST(parent_is_followed_and_replaced),	   TEST(circle_of_parents_ends),
		TEST(statistics_are_service_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
