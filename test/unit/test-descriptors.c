// SPDX-License-Identifier: GPL-2.0-only
// Descriptor tables: sharing, placing, regular files and what differs at restore. Needs root for pidfd_getfd.
#include "descriptors-fixture.h"

#include <sched.h>
#include <sys/socket.h>
#include <time.h>

static void write_test_file(const char *name, const char *text)
{
	int fd = open(fixture_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void open_as(int number, const char *path, int flags)
{
	int fd = open(path, flags, 0640);

	CHECK(fd >= 0);
	if (fd == number)
		return;
	CHECK(dup3(fd, number, flags & O_CLOEXEC) == number);
	close(fd);
}

/* --- several kinds of files by name --- */

static void make_files(void)
{
	open_as(0, "/dev/null", O_RDWR);
	open_as(3, fixture_path("a"), O_RDWR | O_APPEND);
	CHECK(lseek(3, 4, SEEK_SET) == 4);
	open_as(5, fixture_path("a"), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CHECK(lseek(5, 1000, SEEK_SET) == 1000);
	CHECK(dup2(3, 900) == 900);
	open_as(6, fixture.path, O_RDONLY | O_DIRECTORY);
	open_as(7, fixture_path("a"), O_PATH);
	open_as(8, fixture_path("link"), O_PATH | O_NOFOLLOW);
	open_as(9, "/dev/urandom", O_RDONLY);
	open_as(10, "/proc/meminfo", O_RDONLY);
	open_as(11, fixture_path("tmp"), O_RDWR | O_CREAT | O_EXCL | O_TRUNC);
	CHECK(write(11, "abc", 3) == 3);
}

static int mode_of(int fd)
{
	struct stat stat;

	return fstat(fd, &stat) < 0 ? -1 : (int)(stat.st_mode & S_IFMT);
}

static void check_files(void)
{
	char buffer[16];

	CHECK(fcntl(1, F_GETFD) == -1 && fcntl(2, F_GETFD) == -1 && fcntl(4, F_GETFD) == -1);
	for (int fd = 12; fd < 2000; fd++)
		CHECK(fd == 900 || fcntl(fd, F_GETFD) == -1);
	CHECK(mode_of(0) == S_IFCHR && (fcntl(0, F_GETFL) & O_ACCMODE) == O_RDWR);
	CHECK(lseek(3, 0, SEEK_CUR) == 4 && (fcntl(3, F_GETFL) & (O_ACCMODE | O_APPEND)) == (O_RDWR | O_APPEND));
	CHECK(fcntl(3, F_GETFD) == 0 && fcntl(5, F_GETFD) == FD_CLOEXEC);
	CHECK(lseek(5, 0, SEEK_CUR) == 1000 && (fcntl(5, F_GETFL) & O_NONBLOCK));
	CHECK(lseek(900, 6, SEEK_SET) == 6 && lseek(3, 0, SEEK_CUR) == 6);
	CHECK(read(3, buffer, 16) == 4 && memcmp(buffer, "6789", 4) == 0);
	CHECK(mode_of(6) == S_IFDIR && mode_of(7) == S_IFREG && mode_of(8) == S_IFLNK);
	CHECK((fcntl(7, F_GETFL) & O_PATH) && read(7, buffer, 1) < 0);
	CHECK(read(9, buffer, 16) == 16 && read(10, buffer, 16) == 16);
	CHECK(lseek(11, 0, SEEK_CUR) == 3 && write(11, "d", 1) == 1);
}

static void test_files(void **state)
{
	write_test_file("a", "0123456789");
	assert_int_equal(symlink("/nowhere", fixture_path("link")), 0);
	fixture_start(make_files);
	fixture_dump();
	fixture_restore((void (*const[])(void)){ check_files });
}

/* --- changes between dump and restore --- */

static void make_one(void)
{
	open_as(3, fixture_path("a"), O_RDONLY);
}

static void check_one(void)
{
	CHECK(mode_of(3) == S_IFREG);
}

static void test_changed_size(void **state)
{
	write_test_file("a", "0123456789");
	fixture_start(make_one);
	fixture_dump();
	write_test_file("a", "012345678901");
	fixture_restore_refused("/a': size is 12, was 10 at the dump");
	assert_int_equal(unlink(fixture_path("a")), 0);
	fixture_restore_refused("/a': cannot be opened: No such file");
	assert_int_equal(mkdir(fixture_path("a"), 0755), 0);
	fixture_restore_refused("/a': it is a directory, was a regular file");
}

static void test_changed_mode(void **state)
{
	write_test_file("a", "0123456789");
	fixture_start(make_one);
	fixture_dump();
	assert_int_equal(chmod(fixture_path("a"), 0600), 0);
	fixture_restore_refused("/a': permissions are 0600, were 0640 at the dump");
	fixture.restore_options.skip_file_rwx_check = true;
	fixture_restore((void (*const[])(void)){ check_one });
}

static void copy_program(void)
{
	char command[256];

	snprintf(command, sizeof(command), "cp /proc/%d/exe %s", getpid(), fixture_path("a"));
	assert_int_equal(system(command), 0);
}

/* Changes the last byte of the first note whose name is "GNU" and type 3. */
static void change_build_id(void)
{
	static const char start[] = "\x14\0\0\0\x03\0\0\0GNU";
	int fd = open(fixture_path("a"), O_RDWR);
	char *at, *file = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_true(file != MAP_FAILED);
	at = memmem(file, 65536, start, sizeof(start));
	assert_non_null(at);
	at[sizeof(start) + 19] ^= 1;
	munmap(file, 65536);
	close(fd);
}

static void test_changed_build_id(void **state)
{
	copy_program();
	fixture_start(make_one);
	fixture_dump();
	fixture_restore((void (*const[])(void)){ check_one });
	change_build_id();
	fixture_restore_refused("/a': build id is ");
	fixture.restore_options.file_validation = FILE_VALIDATION_SIZE;
	fixture_restore((void (*const[])(void)){ check_one });
}

/* --- sharing between tasks --- */

static void check_shared_first(void)
{
	CHECK(lseek(3, 0, SEEK_CUR) == 2 && lseek(4, 0, SEEK_CUR) == 2);
	CHECK(lseek(3, 7, SEEK_SET) == 7 && lseek(4, 0, SEEK_CUR) == 2);
}

static void check_shared_second(void)
{
	CHECK(lseek(3, 0, SEEK_CUR) == 7 && lseek(5, 0, SEEK_CUR) == 7 && lseek(4, 0, SEEK_CUR) == 2);
}

static void test_shared(void **state)
{
	int shared;
	pid_t pids[2];

	write_test_file("a", "0123456789");
	shared = open(fixture_path("a"), O_RDONLY);
	lseek(shared, 2, SEEK_SET);
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			dup2(shared, 3);
			close_range(0, 2, 0);
			close_range(4, ~0U, 0);
			open_as(4, fixture_path("a"), O_RDONLY);
			lseek(4, 2, SEEK_SET);
			if (i)
				dup2(3, 5);
			raise(SIGSTOP);
			_exit(0);
		}
		fixture_add_stopped(pids[i]);
	}
	close(shared);
	fixture_dump();
	assert_int_equal(fixture.tasks[0].fds[0].file_id, fixture.tasks[1].fds[0].file_id);
	assert_int_equal(fixture.tasks[0].fds[0].file_id, fixture.tasks[1].fds[2].file_id);
	assert_int_not_equal(fixture.tasks[0].fds[1].file_id, fixture.tasks[1].fds[1].file_id);
	fixture_restore((void (*const[])(void)){ check_shared_first, check_shared_second });
}

/* --- files that the user calls external --- */

static void make_gone(void)
{
	open_as(3, fixture_path("gone"), O_RDWR | O_CREAT);
	unlink(fixture_path("gone"));
}

static void check_given(void)
{
	char text[8];

	CHECK(read(3, text, sizeof(text)) == 5 && memcmp(text, "given", 5) == 0);
}

static void test_external(void **state)
{
	struct inherited_fd item;
	char key[64], *keys[] = { key };

	fixture_start(make_gone);
	assert_int_equal(collect_descriptors(&fixture.dump), 0);
	snprintf(key, sizeof(key), "file[%x:%lx]", fixture.tasks[0].fds[0].mnt_id,
		 (unsigned long)fixture.tasks[0].fds[0].stat.st_ino);
	fixture.dump_options.externals = (struct text_list){ .items = keys, .nr = 1 };
	fixture_dump();
	fixture.dump_options.externals = (struct text_list){ 0 };
	fixture_restore_refused("it came from outside of the tree; give it by --inherit-fd 'fd[N]:file[");

	write_test_file("a", "given");
	item = (struct inherited_fd){ .fd = open(fixture_path("a"), O_RDWR | O_CLOEXEC), .key = key };
	fixture.restore_options.inherit_fds = (struct inherited_fd_list){ .items = &item, .nr = 1 };
	fixture_restore((void (*const[])(void)){ check_given });
	fixture.restore_options.inherit_fds = (struct inherited_fd_list){ 0 };
	close(item.fd);
}

/* --- many --- */

static void make_many(void)
{
	for (int i = 0; i < 9000; i++)
		CHECK(open(i % 2 ? fixture_path("a") : "/dev/null", O_RDONLY) == i);
}

static void check_many(void)
{
	for (int i = 0; i < 9000; i++)
		CHECK(mode_of(i) == (i % 2 ? S_IFREG : S_IFCHR));
}

static void test_many(void **state)
{
	struct timespec start, end;

	write_test_file("a", "0123456789");
	fixture_start(make_many);
	clock_gettime(CLOCK_MONOTONIC, &start);
	fixture_dump();
	clock_gettime(CLOCK_MONOTONIC, &end);
	print_message("9000 descriptors of 2 files dumped in %ld ms\n",
		      (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 900000);
	assert_int_equal(fixture.dump.last_file_id, 9000);
	fixture_restore((void (*const[])(void)){ check_many });
}

/* --- refusals --- */

static void make_refused(void)
{
	CHECK(socket(44 /* AF_XDP */, SOCK_RAW, 0) == 0 && dup(0) == 1);
	CHECK(syscall(SYS_fsopen, "tmpfs", 0) == 2);
	open_as(3, "/dev/null", O_RDONLY);
	open_as(4, fixture_path("linked"), O_RDWR | O_CREAT);
	link(fixture_path("linked"), fixture_path("other"));
	unlink(fixture_path("linked"));
	open_as(5, fixture_path("replaced"), O_RDWR | O_CREAT);
	CHECK(rename(fixture_path("replaced"), fixture_path("hidden")) == 0);
	open_as(6, fixture_path("replaced"), O_RDWR | O_CREAT);
	CHECK(rename(fixture_path("hidden"), fixture_path("kept")) == 0);
	open_as(7, "/dev/null", O_RDONLY);
	CHECK(memfd_create("memory", 0) == 8);
	CHECK(syscall(SYS_pidfd_open, getppid(), 0) == 9);
	open_as(12, "/proc/self/status", O_RDONLY);
	open_as(13, "/dev/kmsg", O_RDONLY);
	open_as(16, "/dev/null", O_RDONLY);
	CHECK(fcntl(16, F_SETOWN, 1) == 0);
	CHECK(unshare(CLONE_NEWNS) == 0);
	open_as(17, "/etc", O_RDONLY | O_DIRECTORY);
	open_as(18, "/etc/passwd", O_RDONLY);
}

static void test_refused(void **state)
{
	static const char *const reasons[] = {
		"descriptor 0 ('socket:[",
		"sockets of family AF_XDP (44), type 3, protocol 0 (no call tells",
		"descriptor 2 ('anon_inode:[fscontext]'): descriptors of mounts in the making",
		"/linked (deleted)'): this name of the file was deleted",
		"descriptor 9 ('",
		"), which is not in the tree",
		"/dev/kmsg'): how far",
		"descriptor 16 ('/dev/null'): it sends its signals to process 1",
		"descriptor 17 ('/etc'): it was opened on a mount",
	};

	fixture_start(make_refused);
	fixture_survey();
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (!fixture_has_refusal(&fixture.dump.refusals, reasons[i]))
			fail_msg("nothing refused with '%s'", reasons[i]);
	assert_false(fixture_has_refusal(&fixture.dump.refusals, "/etc/passwd'"));
	assert_false(fixture_has_refusal(&fixture.dump.refusals, "/kept'"));
	assert_false(fixture_has_refusal(&fixture.dump.refusals, "/replaced'"));
	assert_int_equal(fixture.dump.nr_refusals, 8);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_files),	 TEST(test_changed_size),
		TEST(test_changed_mode), TEST(test_changed_build_id),
		TEST(test_shared),	 TEST(test_many),
		TEST(test_external),	 TEST(test_refused),
	};

	return fixture_can_run() ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
