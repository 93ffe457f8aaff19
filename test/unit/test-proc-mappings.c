// SPDX-License-Identifier: GPL-2.0-only
/* Parser of maps and smaps: odd names, flags, tens of thousands of mappings, garbage; and settling of names. */
#include "test/unit/recorded.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "criu/kernel/proc/link.h"
#include "criu/collect/mappings.h"
#include "criu/kernel/proc/mappings.h"
#include "criu/model/task.h"
#include "criu/util/arena.h"
#include "criu/util/macros.h"
#include "criu/kernel/proc/open.h"
#include "criu/util/macros.h"

static void parse_recorded(const char *name, struct proc_mappings *ret_mappings)
{
	struct recorded file = recorded_open(name);

	assert_int_equal(proc_parse_mappings(file.data, file.size, ret_mappings), 0);
	free(file.data);
}

/* The one mapping of that name. */
static const struct proc_mapping *find(const struct proc_mappings *mappings, const char *name)
{
	const struct proc_mapping *found = NULL;

	for (size_t i = 0; i < mappings->count; i++) {
		if (!mappings->items[i].name || strcmp(mappings->items[i].name, name))
			continue;
		assert_null(found);
		found = &mappings->items[i];
	}
	assert_non_null(found);
	return found;
}

static void test_names(void **state)
{
	static const char *const living[] = { "/tmp/odd/two words",
					      "/tmp/odd/new\nline",
					      "/tmp/odd/ leading",
					      "/tmp/odd/trailing ",
					      "/tmp/odd/[",
					      "[vdso]",
					      "[stack]",
					      "[heap]" };
	static const char *const deleted[] = { "/tmp/odd/gone", "/tmp/odd/gone too (deleted)",
					       "/tmp/odd/really" /* a text cannot tell */, "/memfd:mem fd\n" };
	struct proc_mappings mappings;

	parse_recorded("proc/smaps-odd", &mappings);
	for (size_t i = 0; i < ARRAY_SIZE(living); i++)
		assert_false(find(&mappings, living[i])->deleted);
	for (size_t i = 0; i < ARRAY_SIZE(deleted); i++)
		assert_true(find(&mappings, deleted[i])->deleted);
	assert_null(mappings.items[1].name);
	proc_free_mappings(&mappings);
}

static void test_fields(void **state)
{
	struct proc_mappings mappings;
	const struct proc_mapping *gone, *stack, *vsyscall;

	parse_recorded("proc/smaps-odd", &mappings);
	assert_true(mappings.has_flags);
	gone = find(&mappings, "/tmp/odd/gone too (deleted)");
	assert_int_equal(gone->start, 0x7f8ea510b000);
	assert_int_equal(gone->end, 0x7f8ea510d000);
	assert_int_equal(gone->prot, PROT_READ | PROT_WRITE);
	assert_true(gone->shared);
	assert_int_equal(gone->dev_major, 0xfe);
	assert_int_equal(gone->inode, 10978689);
	assert_int_equal(gone->size_kib, 8);
	assert_int_equal(gone->page_size_kib, 4);
	assert_true(gone->flags & PROC_VM_SHARED);
	stack = find(&mappings, "[stack]");
	assert_true(stack->flags & PROC_VM_GROWS_DOWN);
	assert_true(stack->rss_kib > 0);
	vsyscall = find(&mappings, "[vsyscall]");
	assert_int_equal(vsyscall->prot, PROT_EXEC);
	assert_int_equal(vsyscall->start, 0xffffffffff600000);
	proc_free_mappings(&mappings);
}

static void test_flags(void **state)
{
	uint64_t seen = 0;
	struct proc_mappings mappings;

	parse_recorded("proc/smaps-odd", &mappings);
	for (size_t i = 0; i < mappings.count; i++)
		seen |= mappings.items[i].flags;
	assert_true(seen & PROC_VM_LOCKED);
	assert_true(seen & PROC_VM_DONT_COPY);
	assert_true(seen & PROC_VM_WIPE_ON_FORK);
	assert_true(seen & PROC_VM_SEALED);
	assert_true(seen & PROC_VM_IO);
	assert_false(seen & PROC_VM_UNKNOWN);
	assert_string_equal(proc_vm_flag_letters(PROC_VM_SHADOW_STACK), "ss");
	assert_string_equal(proc_vm_flag_letters(PROC_VM_UNKNOWN), "??");
	proc_free_mappings(&mappings);
}

static void test_maps_agree_with_smaps(void **state)
{
	struct proc_mappings maps, smaps;

	parse_recorded("proc/maps-odd", &maps);
	parse_recorded("proc/smaps-odd", &smaps);
	assert_false(maps.has_flags);
	assert_int_equal(maps.count, smaps.count);
	for (size_t i = 0; i < maps.count; i++)
		assert_int_equal(maps.items[i].start, smaps.items[i].start);
	proc_free_mappings(&maps);
	proc_free_mappings(&smaps);
}

static int parse_text(const char *text)
{
	struct proc_mappings mappings;
	int ret = proc_parse_mappings(text, strlen(text), &mappings);

	if (ret == 0)
		proc_free_mappings(&mappings);
	return ret;
}

#define GOOD "1000-2000 r--p 00000000 00:00 0 \n"

static void test_garbage(void **state)
{
	assert_int_equal(parse_text(""), 0);
	assert_int_equal(parse_text(GOOD), 0);
	assert_int_equal(parse_text(GOOD "VmFlags: rd zz new \nOfTheFuture: x\n"), 0);
	assert_int_equal(parse_text("Rss: 4 kB\n" GOOD), -EINVAL);
	assert_int_equal(parse_text(GOOD "Rss: many kB\n"), -EINVAL);
	assert_int_equal(parse_text(GOOD "Rss: 99999999999999999999 kB\n"), -ERANGE);
	assert_int_equal(parse_text(GOOD "no colon\n"), -EINVAL);
	assert_int_equal(parse_text(GOOD GOOD), -EINVAL);
	assert_int_equal(parse_text("2000-1000 r--p 00000000 00:00 0 \n"), -EINVAL);
	assert_int_equal(parse_text("1000-1000 r--p 00000000 00:00 0 \n"), -EINVAL);
	assert_int_equal(parse_text("10000000000000000-2000 r--p 0 00:00 0 \n"), -ERANGE);
	assert_int_equal(parse_text("1000-2000 r--P 00000000 00:00 0 \n"), -EINVAL);
	assert_int_equal(parse_text("1000-2000 r-- 00000000 00:00 0 \n"), -EINVAL);
	assert_int_equal(parse_text("1000-2000 r--p 00000000 00 0 \n"), -EINVAL);
	assert_int_equal(parse_text("1000-2000 r--p 00000000 00:00 \n"), -EINVAL);
}

static void test_unknown_flag(void **state)
{
	const char text[] = GOOD "VmFlags: rd zz \nProtectionKey:         5\n";
	struct proc_mappings mappings;

	assert_int_equal(proc_parse_mappings(text, sizeof(text) - 1, &mappings), 0);
	assert_true(mappings.items[0].flags == (PROC_VM_READ | PROC_VM_UNKNOWN));
	assert_int_equal(mappings.items[0].protection_key, 5);
	proc_free_mappings(&mappings);
}

static void test_unnamed_flag(void **state)
{
	const char one[] = GOOD "VmFlags: rd ?? lo \n", two[] = GOOD "VmFlags: ?? rd ?? \n";
	struct proc_mappings mappings;

	assert_int_equal(proc_parse_mappings(one, sizeof(one) - 1, &mappings), 0);
	assert_true(mappings.items[0].flags == (PROC_VM_READ | PROC_VM_LOCKED | PROC_VM_UNNAMED));
	proc_free_mappings(&mappings);
	assert_int_equal(proc_parse_mappings(two, sizeof(two) - 1, &mappings), 0);
	assert_true(mappings.items[0].flags == (PROC_VM_READ | PROC_VM_UNNAMED | PROC_VM_UNKNOWN));
	proc_free_mappings(&mappings);
}

static void test_given_names(void **state)
{
	static const struct {
		const char *line, *name;
	} cases[] = {
		{ "1000-2000 rw-p 00000000 00:00 0 [anon:a (b)]\n", "a (b)" },
		{ "1000-2000 rw-p 00000000 00:00 0 [anon:]\n", "" },
		{ "1000-2000 rw-s 00000000 00:01 1 [anon_shmem:x]\n", "x" },
		{ "1000-2000 rw-p 00000000 00:00 0 [heap]\n", NULL },
		{ "1000-2000 rw-p 00000000 08:01 1 /tmp/[anon:x]\n", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct proc_mappings mappings;
		struct mapping mapping;
		struct arena arena;

		arena_init(&arena);
		assert_int_equal(proc_parse_mappings(cases[i].line, strlen(cases[i].line), &mappings), 0);
		mapping_from_proc(&arena, &mappings.items[0], &mapping);
		if (cases[i].name)
			assert_string_equal(mapping.record->name, cases[i].name);
		else
			assert_null(mapping.record->name);
		proc_free_mappings(&mappings);
		arena_free(&arena);
	}
}

#define HUGE_COUNT 50000

static void test_huge(void **state)
{
	struct recorded file = { 0 };
	FILE *stream = open_memstream(&file.data, &file.size);
	struct proc_mappings mappings;

	for (unsigned long i = 1; i <= HUGE_COUNT; i++)
		fprintf(stream,
			"%lx000-%lx000 rw-p 00000000 00:00 0 %s\nSize: 4 kB\nRss: 0 kB\nPss: 0 kB\n"
			"Swap: 0 kB\nVmFlags: rd wr mr mw me ac sd \n",
			i, i + 1, i % 2 ? "" : "/a\\012b (deleted)");
	fclose(stream);
	assert_int_equal(proc_parse_mappings(file.data, file.size, &mappings), 0);
	assert_int_equal(mappings.count, HUGE_COUNT);
	assert_int_equal(mappings.items[HUGE_COUNT - 1].start, HUGE_COUNT * 4096UL);
	assert_string_equal(mappings.items[HUGE_COUNT - 1].name, "/a\nb");
	proc_free_mappings(&mappings);
	free(file.data);
}

static void parse_cut(const char *data, size_t size)
{
	struct proc_mappings mappings;

	if (proc_parse_mappings(data, size, &mappings) == 0)
		proc_free_mappings(&mappings);
}

static void test_truncated(void **state)
{
	recorded_cut_everywhere("proc/maps-odd", parse_cut);
}

static void test_cut_deleted(void **state)
{
	char gone[] = "/a (deleted)", living[] = "/a", only[] = " (deleted)";

	assert_true(proc_cut_deleted(gone));
	assert_string_equal(gone, "/a");
	assert_false(proc_cut_deleted(living));
	assert_false(proc_cut_deleted(only));
}

struct odd_file {
	const char *name;
	bool unlinked;
	struct proc_mapping mapping;
};

static void map_odd_file(const char *folder, struct odd_file *file)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -EBADF;
	void *address;

	assert_true(asprintf(&path, "%s/%s", folder, file->name) > 0);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, PAGE_SIZE), 0);
	address = mmap(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(address, MAP_FAILED);
	if (file->unlinked)
		assert_int_equal(unlink(path), 0);
	file->mapping.start = (uintptr_t)address;
	file->mapping.end = (uintptr_t)address + PAGE_SIZE;
}

/* Names as a text would have them are settled by looking at the file itself. */
static void test_settle(void **state)
{
	struct odd_file files[] = {
		{ .name = "alive (deleted)" },
		{ .name = "gone", .unlinked = true },
		{ .name = "back\\012slash" },
		{ .name = "gone (deleted)", .unlinked = true },
	};
	_cleanup_close_ int task = proc_open_task(getpid());
	char folder[] = "/tmp/test-proc-XXXXXX";

	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct proc_mapping *mapping = &files[i].mapping;
		char path[128];

		map_odd_file(folder, &files[i]);
		mapping->name = strdup("/as in the text");
		assert_int_equal(proc_settle_mapping_name(task, mapping), 0);
		snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
		assert_string_equal(mapping->name, path);
		assert_int_equal(mapping->deleted, files[i].unlinked);
		munmap((void *)(uintptr_t)mapping->start, PAGE_SIZE);
		free(mapping->name);
		unlink(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	     cmocka_unit_test(test_fields),
		cmocka_unit_test(test_flags),	     cmocka_unit_test(test_maps_agree_with_smaps),
		cmocka_unit_test(test_garbage),	     cmocka_unit_test(test_unknown_flag),
		cmocka_unit_test(test_unnamed_flag), cmocka_unit_test(test_given_names),
		cmocka_unit_test(test_huge),	     cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_cut_deleted),  cmocka_unit_test(test_settle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
