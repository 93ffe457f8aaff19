// SPDX-License-Identifier: GPL-2.0-only
// Image files byte by byte: framing, records, bytes between them, and what a damaged file leads to.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "criu/image/file.h"
#include "criu/image/record.h"
#include "pagemap.pb-c.h"
#include "pipe-data.pb-c.h"
#include "pstree.pb-c.h"
#include "regfile.pb-c.h"
#include "seccomp.pb-c.h"

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

static void write_file(const char *name, const void *bytes, size_t size)
{
	_cleanup_close_ int fd = openat(directory.fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
}

static void assert_file(const char *name, const void *bytes, size_t size)
{
	_cleanup_close_ int fd = openat(directory.fd, name, O_RDONLY);
	uint8_t found[4096];

	assert_true(fd >= 0);
	assert_int_equal(read(fd, found, sizeof(found)), size);
	assert_memory_equal(found, bytes, size);
}

static void assert_no_file(const char *name)
{
	assert_int_equal(faccessat(directory.fd, name, F_OK, AT_SYMLINK_NOFOLLOW), -1);
}

static const uint8_t pstree_image[] = {
	0x19, 0x43, 0x56, 0x54, 0x30, 0x30, 0x27, 0x50, 0x12, 0x00, 0x00, 0x00, 0x08, 0xd5, 0xd0,
	0x01, 0x10, 0x00, 0x18, 0xd5, 0xd0, 0x01, 0x20, 0xd5, 0xd0, 0x01, 0x28, 0xd5, 0xd0, 0x01,
};

static void pstree_is_written_as_documented(void **state)
{
	uint32_t threads[] = { 26709 };
	PstreeEntry entry = PSTREE_ENTRY__INIT;
	struct image_file *file;

	entry.pid = entry.pgid = entry.sid = 26709;
	entry.n_threads = 1;
	entry.threads = threads;
	assert_int_equal(image_create(&directory, IMAGE_PSTREE, 0, &file), 0);
	assert_string_equal(image_name(file), "pstree.img");
	assert_int_equal(image_write_record(file, &entry.base), 0);
	assert_int_equal(image_close(file), 0);
	assert_file("pstree.img", pstree_image, sizeof(pstree_image));
}

static void pstree_is_read_back(void **state)
{
	_cleanup_image_close_ struct image_file *file = NULL;
	_cleanup_message_ PstreeEntry *entry = NULL;
	ProtobufCMessage *none = NULL;

	write_file("pstree.img", pstree_image, sizeof(pstree_image));
	assert_int_equal(image_open(&directory, IMAGE_PSTREE, 0, &file), 0);
	assert_int_equal(image_read_record(file, &pstree_entry__descriptor, (ProtobufCMessage **)&entry), 1);
	assert_int_equal(entry->pid, 26709);
	assert_int_equal(entry->threads[0], 26709);
	assert_int_equal(image_read_record(file, NULL, &none), 0);
	assert_null(none);
}

static void empty_message_has_a_record(void **state)
{
	static const uint8_t expected[] = { 0x19, 0x43, 0x56, 0x54, 0x49, 0x30, 0x41, 0x64, 0, 0, 0, 0 };
	_cleanup_message_ SeccompEntry *read = NULL;
	SeccompEntry entry = SECCOMP_ENTRY__INIT;
	struct image_file *file;

	assert_int_equal(image_create(&directory, IMAGE_SECCOMP, 0, &file), 0);
	assert_int_equal(image_write_record(file, &entry.base), 0);
	assert_int_equal(image_close(file), 0);
	assert_file("seccomp.img", expected, sizeof(expected));

	assert_int_equal(image_open(&directory, IMAGE_SECCOMP, 0, &file), 0);
	assert_int_equal(image_read_single(file, (ProtobufCMessage **)&read), 0);
	assert_int_equal(read->n_seccomp_filters, 0);
	image_close(file);
}

static void pagemap_has_a_head_of_its_own(void **state)
{
	static const uint8_t expected[] = {
		0x19, 0x43, 0x56, 0x54, 0x25, 0x40, 0x08, 0x56, 0x02, 0,    0,
		0,    0x08, 0x01, 0x0e, 0,    0,    0,	  0x08, 0x80, 0xa0, 0xe1,
		0xdf, 0x9d, 0xad, 0x15, 0x10, 0x00, 0x20, 0x04, 0x28, 0x01,
	};
	PagemapHead head = PAGEMAP_HEAD__INIT;
	PagemapEntry entry = PAGEMAP_ENTRY__INIT;
	ProtobufCMessage *message;
	struct image_file *file;

	head.pages_id = 1;
	entry.vaddr = 0x5569dbf85000;
	entry.has_flags = entry.has_nr_pages = true;
	entry.flags = 4;
	entry.nr_pages = 1;
	assert_int_equal(image_create(&directory, IMAGE_PAGEMAP, 26709, &file), 0);
	assert_int_equal(image_write_record(file, &head.base), 0);
	assert_int_equal(image_write_record(file, &entry.base), 0);
	assert_int_equal(image_close(file), 0);
	assert_file("pagemap-26709.img", expected, sizeof(expected));

	assert_int_equal(image_open(&directory, IMAGE_PAGEMAP, 26709, &file), 0);
	assert_int_equal(image_read_record(file, NULL, &message), 1);
	assert_ptr_equal(message->descriptor, &pagemap_head__descriptor);
	protobuf_c_message_free_unpacked(message, NULL);
	assert_int_equal(image_read_record(file, NULL, &message), 1);
	assert_ptr_equal(message->descriptor, &pagemap_entry__descriptor);
	protobuf_c_message_free_unpacked(message, NULL);
	image_close(file);
}

static void bytes_follow_their_record(void **state)
{
	PipeDataEntry entry = PIPE_DATA_ENTRY__INIT;
	struct image_file *file;
	char bytes[4] = "";

	entry.bytes = 5;
	assert_int_equal(image_create_list(&directory, IMAGE_PIPES_DATA, 0, &file), 0);
	assert_int_equal(image_write_record(file, &entry.base), 0);
	assert_int_equal(image_write_bytes(file, "hello", 5), 0);
	assert_int_equal(image_close(file), 0);

	assert_int_equal(image_open(&directory, IMAGE_PIPES_DATA, 0, &file), 0);
	_cleanup_message_ PipeDataEntry *read = NULL;
	assert_int_equal(image_read_record(file, NULL, (ProtobufCMessage **)&read), 1);
	assert_int_equal(image_bytes_left(file), 5);
	assert_int_equal(image_skip_bytes(file, 1), 0);
	assert_int_equal(image_read_bytes(file, bytes, 3), 0);
	assert_string_equal(bytes, "ell");
	assert_int_equal(image_read_bytes(file, bytes, 2), -EBADMSG);
	assert_int_equal(image_skip_bytes(file, 2), -EBADMSG);
	assert_int_equal(image_skip_bytes(file, 1), 0);
	image_close(file);
}

static void empty_list_is_no_file(void **state)
{
	struct image_file *file;

	write_file("tty-info.img", "old", 3);
	assert_int_equal(image_create_list(&directory, IMAGE_TTY_INFO, 0, &file), 0);
	assert_no_file("tty-info.img");
	assert_int_equal(image_close(file), 0);
	assert_no_file("tty-info.img");
	assert_int_equal(image_open(&directory, IMAGE_TTY_INFO, 0, &file), -ENOENT);
}

static void other_name_of_an_old_file_keeps_its_bytes(void **state)
{
	struct image_file *file;

	write_file("kept", "old", 3);
	assert_int_equal(linkat(directory.fd, "kept", directory.fd, "mm-1.img", 0), 0);
	assert_int_equal(image_create(&directory, IMAGE_MM, 1, &file), 0);
	assert_int_equal(image_close(file), 0);
	assert_file("kept", "old", 3);
}

static void raw_kind_has_no_magic(void **state)
{
	ProtobufCMessage *message;
	struct image_file *file;

	assert_int_equal(image_create(&directory, IMAGE_PAGES, 1, &file), 0);
	assert_int_equal(write(image_fd(file), "page", 4), 4);
	assert_int_equal(image_close(file), 0);
	assert_file("pages-1.img", "page", 4);
	assert_int_equal(image_open(&directory, IMAGE_PAGES, 1, &file), 0);
	assert_int_equal(image_read_record(file, NULL, &message), -EINVAL);
	image_close(file);
}

static void names_have_their_argument(void **state)
{
	char name[IMAGE_NAME_SIZE];

	image_format_name(name, IMAGE_GHOST_FILE, 0x1f);
	assert_string_equal(name, "ghost-file-1f.img");
	image_format_name(name, IMAGE_SHMEM_PAGEMAP, ~0UL);
	assert_string_equal(name, "pagemap-shmem-18446744073709551615.img");
	image_format_name(name, IMAGE_STATS_DUMP, 0);
	assert_string_equal(name, "stats-dump");
	for (int kind = 0; kind < NR_IMAGE_KINDS; kind++) {
		image_format_name(name, kind, ~0UL);
		assert_true(strlen(name) < IMAGE_NAME_SIZE - 1);
	}
}

static void old_images_have_no_first_word(void **state)
{
	struct image_file *file;

	write_file("pstree.img", pstree_image + 4, sizeof(pstree_image) - 4);
	assert_int_equal(image_open(&directory, IMAGE_PSTREE, 0, &file), -EBADMSG);
	directory.version = IMAGE_VERSION_1;
	assert_int_equal(image_open(&directory, IMAGE_PSTREE, 0, &file), 0);
	image_close(file);
}

static void wrong_magic_is_refused(void **state)
{
	struct image_file *file;

	write_file("files.img", pstree_image, sizeof(pstree_image));
	assert_int_equal(image_open(&directory, IMAGE_FILES, 0, &file), -EBADMSG);
	write_file("files.img", pstree_image, 6);
	assert_int_equal(image_open(&directory, IMAGE_FILES, 0, &file), -EBADMSG);
	write_file("files.img", NULL, 0);
	assert_int_equal(image_open(&directory, IMAGE_FILES, 0, &file), -EBADMSG);
}

static void fifo_in_place_of_a_file_does_not_hang(void **state)
{
	struct image_file *file;

	assert_int_equal(mkfifoat(directory.fd, "pstree.img", 0600), 0);
	assert_int_equal(image_open(&directory, IMAGE_PSTREE, 0, &file), -EBADMSG);
}

static void cut_file_is_refused_at_each_byte(void **state)
{
	for (size_t size = 9; size < sizeof(pstree_image); size++) {
		ProtobufCMessage *message = NULL;
		struct image_file *file;

		write_file("pstree.img", pstree_image, size);
		assert_int_equal(image_open(&directory, IMAGE_PSTREE, 0, &file), 0);
		assert_int_equal(image_read_record(file, NULL, &message), -EBADMSG);
		assert_null(message);
		image_close(file);
	}
}

static void length_beyond_the_limit_is_refused(void **state)
{
	uint8_t image[sizeof(pstree_image)];
	ProtobufCMessage *message;
	struct image_file *file;

	memcpy(image, pstree_image, sizeof(image));
	memset(image + 8, 0xff, 4);
	write_file("pstree.img", image, sizeof(image));
	assert_int_equal(image_open(&directory, IMAGE_PSTREE, 0, &file), 0);
	assert_int_equal(image_read_record(file, NULL, &message), -EBADMSG);
	image_close(file);
}

static void second_record_of_a_single_is_refused(void **state)
{
	static const uint8_t image[] = { 0x19, 0x43, 0x56, 0x54, 0x49, 0x30, 0x41, 0x64,
					 0,    0,    0,	   0,	 0,    0,    0,	   0 };
	ProtobufCMessage *message = NULL;
	struct image_file *file;

	write_file("seccomp.img", image, sizeof(image));
	assert_int_equal(image_open(&directory, IMAGE_SECCOMP, 0, &file), 0);
	assert_int_equal(image_read_single(file, &message), -EBADMSG);
	image_close(file);
	write_file("seccomp.img", image, 8);
	assert_int_equal(image_open(&directory, IMAGE_SECCOMP, 0, &file), 0);
	assert_int_equal(image_read_single(file, &message), -EBADMSG);
	assert_null(message);
	image_close(file);
}

static void missing_pointer_is_not_written(void **state)
{
	RegFileEntry entry = REG_FILE_ENTRY__INIT;
	struct image_file *file;

	assert_int_equal(image_create(&directory, IMAGE_REG_FILES, 0, &file), 0);
	assert_int_equal(image_write_record(file, &entry.base), -EINVAL);
	assert_int_equal(image_close(file), -EINVAL);
}

static void failed_write_is_told_at_close(void **state)
{
	struct image_directory full = IMAGE_DIRECTORY_NONE;
	PstreeEntry entry = PSTREE_ENTRY__INIT;
	struct image_file *file;

	/* A descriptor opened for reading stands for a disk that takes no more. */
	assert_int_equal(image_create(&directory, IMAGE_PSTREE, 0, &file), 0);
	full.fd = openat(directory.fd, "pstree.img", O_RDONLY);
	assert_int_equal(dup2(full.fd, image_fd(file)), image_fd(file));
	assert_int_equal(image_write_record(file, &entry.base), 0);
	assert_int_equal(image_close(file), -EBADF);
	image_directory_close(&full);
}

static void reader_does_not_write(void **state)
{
	PstreeEntry entry = PSTREE_ENTRY__INIT;
	_cleanup_image_close_ struct image_file *file = NULL;

	write_file("pstree.img", pstree_image, sizeof(pstree_image));
	assert_int_equal(image_open(&directory, IMAGE_PSTREE, 0, &file), 0);
	assert_int_equal(image_write_record(file, &entry.base), -EBADF);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pstree_is_written_as_documented),
		TEST(pstree_is_read_back),
		TEST(empty_message_has_a_record),
		TEST(pagemap_has_a_head_of_its_own),
		TEST(bytes_follow_their_record),
		TEST(empty_list_is_no_file),
		TEST(other_name_of_an_old_file_keeps_its_bytes),
		TEST(raw_kind_has_no_magic),
		TEST(names_have_their_argument),
		TEST(old_images_have_no_first_word),
		TEST(wrong_magic_is_refused),
		TEST(fifo_in_place_of_a_file_does_not_hang),
		TEST(cut_file_is_refused_at_each_byte),
		TEST(length_beyond_the_limit_is_refused),
		TEST(second_record_of_a_single_is_refused),
		TEST(missing_pointer_is_not_written),
		TEST(failed_write_is_told_at_close),
		TEST(reader_does_not_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
