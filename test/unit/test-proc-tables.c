// SPDX-License-Identifier: GPL-2.0-only
/* Parsers of mountinfo, locks, numa_maps and fdinfo on recorded files. */
#include "test/unit/recorded.h"

#include <errno.h>
#include <fcntl.h>

#include "criu/kernel/proc/fdinfo.h"
#include "criu/kernel/proc/locks.h"
#include "criu/kernel/proc/mountinfo.h"
#include "criu/kernel/proc/numa-maps.h"
#include "criu/util/macros.h"

static const struct proc_mount *find_mount(const struct proc_mounts *mounts, const char *mountpoint)
{
	for (size_t i = 0; i < mounts->count; i++) {
		if (!strcmp(mounts->items[i].mountpoint, mountpoint))
			return &mounts->items[i];
	}
	fail_msg("no mount at '%s'", mountpoint);
	return NULL;
}

static void test_mountinfo(void **state)
{
	struct recorded file = recorded_open("proc/mountinfo-odd");
	struct proc_mounts mounts;
	const struct proc_mount *mount;

	assert_int_equal(proc_parse_mountinfo(file.data, file.size, &mounts), 0);
	assert_string_equal(find_mount(&mounts, "/tmp/odd/m/a b")->fstype, "tmpfs");
	assert_string_equal(find_mount(&mounts, "/tmp/odd/m/c\nd")->super_options, "rw,size=4k");
	assert_string_equal(find_mount(&mounts, "/tmp/odd/m/e\tf\\g")->source, "x");
	assert_string_equal(find_mount(&mounts, "/tmp/odd/m")->source, "odd source#");
	mount = find_mount(&mounts, "/tmp/odd/m/sl");
	assert_int_equal(mount->shared_id, 2);
	assert_int_equal(mount->master_id, 1);
	assert_int_equal(mount->dev_minor, 43);
	assert_true(find_mount(&mounts, "/tmp/odd/m/u")->unbindable);
	mount = find_mount(&mounts, "/tmp/odd/m/target");
	assert_string_equal(mount->root, "/bound");
	assert_true(mount->root_deleted);
	assert_string_equal(find_mount(&mounts, "/tmp/odd/m/nsf")->root, "net:[4026531833]");
	assert_int_equal(mounts.items[0].parent_id, 42);
	assert_int_equal(mounts.items[0].dev_major, 254);
	proc_free_mounts(&mounts);
	free(file.data);
}

static int parse_mount(const char *text)
{
	struct proc_mounts mounts;
	int ret = proc_parse_mountinfo(text, strlen(text), &mounts);

	if (ret == 0)
		proc_free_mounts(&mounts);
	return ret;
}

static void test_mountinfo_garbage(void **state)
{
	assert_int_equal(parse_mount(""), 0);
	assert_int_equal(parse_mount("1 2 0:1 / / rw - t  rw\n"), 0); /* an empty source */
	assert_int_equal(parse_mount("1 2 0:1 / / rw future:1 propagate_from:3 - t s rw\n"), 0);
	assert_int_equal(parse_mount("1 2 0:1 / / rw shared:x - t s rw\n"), -EINVAL);
	assert_int_equal(parse_mount("1 2 0:1 / / rw shared:4294967296 - t s rw\n"), -ERANGE);
	assert_int_equal(parse_mount("1 2 0:1 / / rw t s rw\n"), -EINVAL);
	assert_int_equal(parse_mount("x 2 0:1 / / rw - t s rw\n"), -EINVAL);
	assert_int_equal(parse_mount("1 2 01 / / rw - t s rw\n"), -EINVAL);
}

static void test_locks(void **state)
{
	struct recorded file = recorded_open("proc/locks");
	struct proc_locks locks;

	assert_int_equal(proc_parse_locks(file.data, file.size, &locks), 0);
	assert_int_equal(locks.count, 5);
	assert_int_equal(locks.items[0].kind, PROC_LOCK_LEASE);
	assert_int_equal(locks.items[0].state, PROC_LOCK_ACTIVE);
	assert_int_equal(locks.items[1].kind, PROC_LOCK_OFD);
	assert_int_equal(locks.items[1].pid, -1);
	assert_int_equal(locks.items[1].start, 100);
	assert_true(locks.items[1].end == INT64_MAX);
	assert_int_equal(locks.items[3].kind, PROC_LOCK_POSIX);
	assert_int_equal(locks.items[3].access, PROC_LOCK_WRITE);
	assert_int_equal(locks.items[3].end, 14);
	assert_int_equal(locks.items[3].dev_major, 0xfe);
	assert_false(locks.items[3].waiting);
	assert_true(locks.items[4].waiting);
	assert_int_equal(locks.items[4].id, 4);
	proc_free_locks(&locks);
	free(file.data);
}

static int parse_lock(const char *text)
{
	struct proc_lock lock;

	return proc_parse_lock(text, strlen(text), &lock);
}

static void test_lock_garbage(void **state)
{
	assert_int_equal(parse_lock("1: POSIX  *NOINODE* READ  5 <none>:0 0 0"), 0);
	assert_int_equal(parse_lock("1: LEASE  BREAKER   UNLCK 5 00:01:7 0 EOF"), 0);
	assert_int_equal(parse_lock("1: FUTURE ADVISORY  READ  5 00:01:7 0 EOF"), -EOPNOTSUPP);
	assert_int_equal(parse_lock("1: POSIX  ADVISORY  READ  5 00:01:7 0"), -EINVAL);
	assert_int_equal(parse_lock("1: POSIX  ADVISORY  READ  5 00:01 0 EOF"), -EINVAL);
	assert_int_equal(parse_lock("1: POSIX  ADVISORY  READ  -2 00:01:7 0 EOF"), -ERANGE);
	assert_int_equal(parse_lock("1: POSIX  ADVISORY  READ  5 00:01:7 0 9223372036854775808"), -ERANGE);
	assert_int_equal(parse_lock("1: POSIX  ADVISORY  READ  5 00:01:7 0 EOF more"), -EINVAL);
	assert_int_equal(parse_lock(""), -EINVAL);
}

/* Lines of a file as a kind would see them. */
struct lines {
	int count;
	char keys[8][32];
	char values[8][256];
};

static int keep_line(void *context, const char *key, const char *value)
{
	struct lines *lines = context;

	assert_true(lines->count < 8);
	snprintf(lines->keys[lines->count], sizeof(lines->keys[0]), "%s", key);
	snprintf(lines->values[lines->count++], sizeof(lines->values[0]), "%s", value);
	return 0;
}

static void parse_fdinfo(const char *name, struct lines *ret_lines, struct proc_fdinfo *ret_fdinfo)
{
	struct recorded file = recorded_open(name);

	ret_lines->count = 0;
	assert_int_equal(proc_parse_fdinfo(file.data, file.size, keep_line, ret_lines, ret_fdinfo), 0);
	free(file.data);
}

static void test_fdinfo_kinds(void **state)
{
	struct proc_fdinfo fdinfo;
	struct lines lines;
	uint64_t number;

	parse_fdinfo("proc/fdinfo-eventfd", &lines, &fdinfo);
	assert_int_equal(fdinfo.flags, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(fdinfo.inode, 1038);
	assert_int_equal(fdinfo.mnt_id, 17);
	assert_string_equal(lines.keys[0], "eventfd-count");
	assert_string_equal(lines.values[0], "7");
	parse_fdinfo("proc/fdinfo-epoll", &lines, &fdinfo);
	assert_int_equal(lines.count, 2);
	assert_string_equal(lines.keys[1], "tfd");
	assert_int_equal(proc_fdinfo_find_number(lines.values[1], "events", 16, UINT32_MAX, &number), 0);
	assert_int_equal(number, 0x19);
	assert_int_equal(proc_fdinfo_find_number(lines.values[1], "data", 16, UINT64_MAX, &number), 0);
	assert_true(number == 0x7f8e00000005);
	assert_int_equal(proc_fdinfo_find_number(lines.values[1], "nothing", 16, 1, &number), -ENOENT);
	parse_fdinfo("proc/fdinfo-inotify", &lines, &fdinfo);
	assert_string_equal(lines.keys[0], "inotify wd");
	assert_int_equal(proc_fdinfo_find_number(lines.values[1], "ino", 16, UINT64_MAX, &number), 0);
	assert_int_equal(number, 0x3c51a);
	/* "mask" must not be found in "ignored_mask" */
	assert_int_equal(proc_fdinfo_find_number(lines.values[1], "mask", 16, UINT64_MAX, &number), 0);
	assert_int_equal(number, 0xfff);
}

static void test_fdinfo_locks(void **state)
{
	struct proc_fdinfo fdinfo;
	struct lines lines;

	parse_fdinfo("proc/fdinfo-lock", &lines, &fdinfo);
	assert_int_equal(fdinfo.pos, 77);
	assert_int_equal(lines.count, 3);
	for (int i = 0; i < lines.count; i++) {
		assert_string_equal(lines.keys[i], "lock");
		assert_int_equal(parse_lock(lines.values[i]), 0);
	}
}

static int stop(void *context, const char *key, const char *value)
{
	return -ECANCELED;
}

static int parse_fdinfo_text(const char *text)
{
	struct proc_fdinfo fdinfo;

	return proc_parse_fdinfo(text, strlen(text), NULL, NULL, &fdinfo);
}

static void test_fdinfo_garbage(void **state)
{
	const char text[] = "pos:\t0\nflags:\t02\nx:\ty\n";
	struct proc_fdinfo fdinfo;

	assert_int_equal(parse_fdinfo_text(text), 0);
	assert_int_equal(proc_parse_fdinfo(text, sizeof(text) - 1, stop, NULL, &fdinfo), -ECANCELED);
	assert_int_equal(parse_fdinfo_text("pos:\t0\n"), -EINVAL);
	assert_int_equal(parse_fdinfo_text("pos:\t0\nflags:\t09\n"), -EINVAL);
	assert_int_equal(parse_fdinfo_text("pos:\t99999999999999999999\nflags:\t0\n"), -ERANGE);
	assert_int_equal(parse_fdinfo_text("pos:\t0\nflags:\t0\nmnt_id:\t-2\n"), -ERANGE);
	assert_int_equal(parse_fdinfo_text("pos:\t0\nflags:\t0\nino:\tx\n"), -EINVAL);
	assert_int_equal(parse_fdinfo_text("no colon at all\n\npos:\t-1\nflags:\t0\n"), 0);
}

static int parse_numa(const char *text, struct proc_numa_maps *ret_maps)
{
	return proc_parse_numa_maps(text, strlen(text), ret_maps);
}

static void test_numa_maps(void **state)
{
	struct proc_numa_maps maps;

	assert_int_equal(parse_numa("1000 default anon=1 N0=1 kernelpagesize_kB=4\n2000 bind:0 file=/a\\040b\n"
				    "3000 prefer (many):0-1\n7ffc0000 default stack\n8000000000 bind=static:0\n",
				    &maps),
			 0);
	assert_int_equal(maps.count, 3);
	assert_int_equal(maps.starts[0], 0x2000);
	assert_int_equal(maps.starts[2], 0x8000000000);
	proc_free_numa_maps(&maps);
	assert_int_equal(parse_numa("", &maps), 0);
	assert_int_equal(maps.count, 0);
	assert_int_equal(parse_numa("1000\n", &maps), -EINVAL);
	assert_int_equal(parse_numa("x default\n", &maps), -EINVAL);
	assert_int_equal(parse_numa("2000 local\n1000 local\n", &maps), -EINVAL);
}

static void parse_all(const char *data, size_t size)
{
	struct proc_mounts mounts;
	struct proc_locks locks;
	struct proc_fdinfo fdinfo;

	if (proc_parse_mountinfo(data, size, &mounts) == 0)
		proc_free_mounts(&mounts);
	if (proc_parse_locks(data, size, &locks) == 0)
		proc_free_locks(&locks);
	proc_parse_fdinfo(data, size, NULL, NULL, &fdinfo);
}

static void test_truncated(void **state)
{
	static const char *const names[] = { "proc/mountinfo-odd", "proc/locks", "proc/fdinfo-lock" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		recorded_cut_everywhere(names[i], parse_all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mountinfo),      cmocka_unit_test(test_mountinfo_garbage),
		cmocka_unit_test(test_locks),	       cmocka_unit_test(test_lock_garbage),
		cmocka_unit_test(test_fdinfo_kinds),   cmocka_unit_test(test_fdinfo_locks),
		cmocka_unit_test(test_fdinfo_garbage), cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_numa_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
