// SPDX-License-Identifier: GPL-2.0-only
// Records of files and descriptors from strangers: what contradicts itself is refused before anything is made.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "criu/image/file.h"
#include "criu/objects/kinds.h"
#include "criu/options/options.h"
#include "criu/restore/descriptors.h"
#include "pipe-data.pb-c.h"

static char path[64];
static struct image_directory images;
static struct options options;
static struct restore restore;
static struct task task;
static TaskKobjIdsEntry ids = TASK_KOBJ_IDS_ENTRY__INIT;

static int setup(void **state)
{
	strcpy(path, "/tmp/test-file-records-XXXXXX");
	if (!mkdtemp(path) || image_directory_open(path, &images) < 0)
		return -1;
	options_init(&options);
	restore = (struct restore){ .options = &options, .images = &images };
	arena_init(&restore.arena);
	TAILQ_INIT(&restore.tasks);
	STAILQ_INIT(&restore.refusals);
	ids.files_id = 2;
	task = (struct task){ .pid = 77, .state = TASK_ALIVE, .ids = &ids };
	TAILQ_INSERT_TAIL(&restore.tasks, &task, link);
	return 0;
}

static int teardown(void **state)
{
	char command[96];

	restore_free_files(&restore);
	arena_free(&restore.arena);
	options_free(&options);
	image_directory_close(&images);
	snprintf(command, sizeof(command), "rm -rf %s", path);
	return system(command);
}

static struct image_file *create(enum image_kind kind, unsigned long argument)
{
	struct image_file *image;

	assert_int_equal(image_create(&images, kind, argument, &image), 0);
	return image;
}

static void put_regular(struct image_file *image, uint32_t id, const char *name)
{
	RegFileEntry reg = REG_FILE_ENTRY__INIT;
	FownEntry owner = FOWN_ENTRY__INIT;
	FileEntry file = FILE_ENTRY__INIT;

	file.type = FD_TYPES__REG;
	file.id = reg.id = id;
	file.reg = &reg;
	reg.name = (char *)name;
	reg.fown = &owner;
	assert_int_equal(image_write_record(image, &file.base), 0);
}

static void put_pipe(struct image_file *image, uint32_t id, uint32_t pipe_id, uint32_t flags)
{
	PipeEntry pipe = PIPE_ENTRY__INIT;
	FownEntry owner = FOWN_ENTRY__INIT;
	FileEntry file = FILE_ENTRY__INIT;

	file.type = FD_TYPES__PIPE;
	file.id = pipe.id = id;
	file.pipe = &pipe;
	pipe.pipe_id = pipe_id;
	pipe.flags = flags;
	pipe.fown = &owner;
	assert_int_equal(image_write_record(image, &file.base), 0);
}

static void put_pipe_data(struct image_file *image, uint32_t pipe_id, uint32_t claimed, uint32_t bytes)
{
	PipeDataEntry record = PIPE_DATA_ENTRY__INIT;

	record.pipe_id = pipe_id;
	record.bytes = claimed;
	record.has_size = true;
	record.size = 4096;
	assert_int_equal(image_write_record(image, &record.base), 0);
	while (bytes--)
		assert_int_equal(image_write_bytes(image, "x", 1), 0);
}

static void put_fd(struct image_file *image, uint32_t fd, uint32_t id, FdTypes type)
{
	FdinfoEntry record = FDINFO_ENTRY__INIT;

	record.fd = fd;
	record.id = id;
	record.type = type;
	assert_int_equal(image_write_record(image, &record.base), 0);
}

static void write_files(void)
{
	struct image_file *image = create(IMAGE_FILES, 0);

	put_regular(image, 3, "/dev/null");
	put_pipe(image, 2, 50, 0);
	put_pipe(image, 9, 50, 1);
	assert_int_equal(image_close(image), 0);
}

static void write_fd(uint32_t fd, uint32_t id, FdTypes type)
{
	struct image_file *image = create(IMAGE_FDINFO, 2);

	put_fd(image, 4, 3, FD_TYPES__REG);
	put_fd(image, fd, id, type);
	assert_int_equal(image_close(image), 0);
}

static void test_sorted(void **state)
{
	write_files();
	assert_int_equal(restore_load_files(&restore), 0);
	assert_int_equal(restore.nr_files, 3);
	assert_int_equal(restore_find_file(&restore, 9)->id, 9);
	assert_string_equal(restore_find_file(&restore, 3)->kind->name, "regular");
	assert_null(restore_find_file(&restore, 1));
	assert_null(restore_find_file(&restore, 10));
}

static void test_no_files(void **state)
{
	assert_int_equal(restore_load_files(&restore), 0);
	assert_null(restore_find_file(&restore, 1));
}

static void test_duplicate_file(void **state)
{
	struct image_file *image = create(IMAGE_FILES, 0);

	put_regular(image, 3, "/dev/null");
	put_regular(image, 4, "/dev/null");
	put_pipe(image, 3, 50, 0);
	image_close(image);
	assert_int_equal(restore_load_files(&restore), -EBADMSG);
}

static void test_file_zero(void **state)
{
	struct image_file *image = create(IMAGE_FILES, 0);

	put_regular(image, 0, "/dev/null");
	image_close(image);
	assert_int_equal(restore_load_files(&restore), -EBADMSG);
}

static void test_legacy(void **state)
{
	struct image_file *image = create(IMAGE_REG_FILES, 0);
	RegFileEntry reg = REG_FILE_ENTRY__INIT;
	FownEntry owner = FOWN_ENTRY__INIT;

	reg.id = 5;
	reg.name = (char *)"/dev/null";
	reg.fown = &owner;
	assert_int_equal(image_write_record(image, &reg.base), 0);
	image_close(image);
	assert_int_equal(restore_load_files(&restore), 0);
	assert_string_equal(restore_find_file(&restore, 5)->record->reg->name, "/dev/null");
}

static void test_table(void **state)
{
	write_files();
	write_fd(0, 2, FD_TYPES__PIPE);
	assert_int_equal(restore_load_files(&restore), 0);
	assert_int_equal(restore_load_fdinfo(&restore, &task), 0);
	assert_int_equal(task.nr_fds, 2);
	assert_int_equal(task.fds[0].fd, 0);
	assert_int_equal(task.fds[1].fd, 4);
	assert_true(restore_find_file(&restore, 2)->wanted && !restore_find_file(&restore, 9)->wanted);
	assert_int_equal(restore_check_files(&restore), 0);
	assert_int_equal(restore.nr_refusals, 0);
}

static void expect_bad_table(uint32_t fd, uint32_t id, FdTypes type)
{
	write_files();
	write_fd(fd, id, type);
	assert_int_equal(restore_load_files(&restore), 0);
	assert_int_equal(restore_load_fdinfo(&restore, &task), -EBADMSG);
}

static void test_duplicate_fd(void **state)
{
	expect_bad_table(4, 2, FD_TYPES__PIPE);
}

static void test_unknown_file(void **state)
{
	expect_bad_table(5, 77, FD_TYPES__REG);
}

static void test_other_type(void **state)
{
	expect_bad_table(5, 2, FD_TYPES__REG);
}

static void test_impossible_fd(void **state)
{
	expect_bad_table(0xffffffff, 2, FD_TYPES__PIPE);
}

static void test_too_high_fd(void **state)
{
	write_files();
	write_fd(1 << 29, 2, FD_TYPES__PIPE);
	assert_int_equal(restore_load_files(&restore), 0);
	assert_int_equal(restore_load_fdinfo(&restore, &task), 0);
	assert_int_equal(restore_plan_service_fds(&restore), 0);
	assert_int_equal(restore.nr_refusals, 1);
}

static void expect_bad_pipe_data(uint32_t claimed, uint32_t bytes, int copies)
{
	struct image_file *image = create(IMAGE_PIPES_DATA, 0);

	while (copies--)
		put_pipe_data(image, 50, claimed, bytes);
	image_close(image);
	write_files();
	write_fd(0, 2, FD_TYPES__PIPE);
	assert_int_equal(restore_load_files(&restore), 0);
	assert_int_equal(restore_load_fdinfo(&restore, &task), 0);
	assert_int_equal(restore_check_files(&restore), -EBADMSG);
}

static void test_pipe_data_cut(void **state)
{
	expect_bad_pipe_data(0xffffffff, 10, 1);
}

static void test_pipe_data_twice(void **state)
{
	expect_bad_pipe_data(3, 3, 2);
}

/* More than a pipe of that size holds must not block the restore. */
static void test_pipe_data_too_large(void **state)
{
	struct image_file *image = create(IMAGE_PIPES_DATA, 0);

	put_pipe_data(image, 50, 7000, 7000);
	image_close(image);
	write_files();
	write_fd(0, 2, FD_TYPES__PIPE);
	assert_int_equal(restore_load_files(&restore), 0);
	assert_int_equal(restore_load_fdinfo(&restore, &task), 0);
	assert_int_equal(restore_check_files(&restore), 0);
	assert_int_equal(restore_plan_service_fds(&restore), 0);
	assert_int_equal(restore_open_files(&restore), -EFBIG);
	restore_close_files(&restore);
}

/* Of a kind that this build does not have. */
static void test_unsupported(void **state)
{
	struct image_file *image = create(IMAGE_FILES, 0);
	FileEntry file = FILE_ENTRY__INIT;

	put_regular(image, 3, "/dev/null");
	file.type = FD_TYPES__AUTOFS_PIPE;
	file.id = 8;
	assert_int_equal(image_write_record(image, &file.base), 0);
	image_close(image);
	write_fd(0, 8, FD_TYPES__AUTOFS_PIPE);
	assert_int_equal(restore_load_files(&restore), 0);
	assert_int_equal(restore_load_fdinfo(&restore, &task), 0);
	assert_int_equal(restore_check_files(&restore), 0);
	assert_int_equal(restore.nr_refusals, 1);
}

/* A record that lacks what its type stands for. */
static void test_empty_record(void **state)
{
	struct image_file *image = create(IMAGE_FILES, 0);
	FileEntry file = FILE_ENTRY__INIT;

	put_regular(image, 3, "/dev/null");
	file.type = FD_TYPES__PIPE;
	file.id = 8;
	assert_int_equal(image_write_record(image, &file.base), 0);
	image_close(image);
	write_fd(0, 8, FD_TYPES__PIPE);
	assert_int_equal(restore_load_files(&restore), 0);
	assert_int_equal(restore_load_fdinfo(&restore, &task), 0);
	assert_int_equal(restore_check_files(&restore), -EBADMSG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_sorted),	    TEST(test_no_files),
		TEST(test_duplicate_file),  TEST(test_file_zero),
		TEST(test_legacy),	    TEST(test_table),
		TEST(test_duplicate_fd),    TEST(test_unknown_file),
		TEST(test_other_type),	    TEST(test_impossible_fd),
		TEST(test_too_high_fd),	    TEST(test_pipe_data_cut),
		TEST(test_pipe_data_twice), TEST(test_pipe_data_too_large),
		TEST(test_unsupported),	    TEST(test_empty_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
