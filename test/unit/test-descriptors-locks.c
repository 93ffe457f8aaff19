// SPDX-License-Identifier: GPL-2.0-only
// File locks: what is written once and what is refused, and who is in the way at the restore. Needs root for kcmp.
#include "descriptors-fixture.h"

#include <sys/file.h>

#include "file-lock.pb-c.h"

#include "criu/util/log.h"

extern const struct task_kind file_locks_kind;
extern const struct global_kind file_lock_list_kind;

enum { POSIX = 1, FLOCK = 2, OFD = 4 };

static void survey_locks(void)
{
	struct task *task;

	TAILQ_FOREACH(task, &fixture.dump.tasks, link)
		assert_int_equal(file_locks_kind.survey(&fixture.dump, task), 0);
}

static void set_lock(int fd, int command, short type, off_t start, off_t length)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };

	CHECK(fcntl(fd, command, &lock) == 0);
}

static int open_locked(const char *name)
{
	int fd = open(fixture_path(name), O_RDWR | O_CREAT, 0640);

	CHECK(fd >= 0);
	return fd;
}

/* --- what is written --- */

/* Descriptor 0 is seen again as 1, and by the child. */
static void make_several(void)
{
	int fd = open_locked("a");

	CHECK(fd == 0 && dup(0) == 1);
	set_lock(0, F_SETLK, F_WRLCK, 0, 10);
	set_lock(1, F_SETLK, F_RDLCK, 100, 0);
	set_lock(0, F_OFD_SETLK, F_RDLCK, 20, 30);
	CHECK(flock(1, LOCK_SH) == 0);
}

static void expect_record(struct image_file *image, uint32_t flag, uint32_t type, int64_t start, int64_t len)
{
	_cleanup_message_ FileLockEntry *record = NULL;

	assert_int_equal(image_read_record(image, NULL, (ProtobufCMessage **)&record), 1);
	assert_int_equal(record->flag, flag);
	assert_int_equal(record->type, type);
	assert_int_equal(record->pid, fixture.tasks[0].pid);
	assert_int_equal(record->fd, 0);
	assert_int_equal(record->start, start);
	assert_int_equal(record->len, len);
}

static void test_each_once(void **state)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	_cleanup_message_ ProtobufCMessage *more = NULL;

	fixture.dump_options.file_locks = true;
	fixture_start(make_several);
	fixture_dump();
	survey_locks();
	assert_int_equal(fixture.dump.nr_refusals, 0);
	assert_int_equal(file_lock_list_kind.dump(&fixture.dump), 0);
	assert_int_equal(image_open(&fixture.images, IMAGE_FILE_LOCKS, 0, &image), 0);
	expect_record(image, FLOCK, F_RDLCK, 0, 0);
	expect_record(image, POSIX, F_WRLCK, 0, 10);
	expect_record(image, POSIX, F_RDLCK, 100, 0);
	expect_record(image, OFD, F_RDLCK, 20, 30);
	assert_int_equal(image_read_record(image, NULL, &more), 0);
}

static void make_none(void)
{
	open_locked("a");
}

static void test_none(void **state)
{
	struct image_file *image;

	fixture_start(make_none);
	fixture_dump();
	survey_locks();
	assert_int_equal(fixture.dump.nr_refusals, 0);
	assert_int_equal(file_lock_list_kind.dump(&fixture.dump), 0);
	assert_int_equal(image_open(&fixture.images, IMAGE_FILE_LOCKS, 0, &image), -ENOENT);
}

/* --- what is refused --- */

static void make_lease(void)
{
	CHECK(open(fixture_path("lease"), O_RDONLY | O_CREAT, 0640) == 0);
	CHECK(fcntl(0, F_SETLEASE, F_RDLCK) == 0);
}

static void test_refused(void **state)
{
	fixture_start(make_several);
	fixture_start(make_lease);
	fixture_survey();
	survey_locks();
	assert_true(fixture_has_refusal(&fixture.dump.refusals, "/a'): it holds a lock by flock; use --file-locks"));
	assert_true(fixture_has_refusal(&fixture.dump.refusals, "/lease'): it holds a lease"));
	/* Of the second descriptor all has been said. */
	assert_int_equal(fixture.dump.nr_refusals, 2);
}

static void test_shared_outside(void **state)
{
	int shared = open(fixture_path("shared"), O_RDWR | O_CREAT, 0640);
	char reason[96];
	pid_t outside, pid;

	assert_true(shared >= 0);
	assert_int_equal(flock(shared, LOCK_EX), 0);
	outside = fork();
	if (!outside) {
		dup2(shared, 77);
		for (;;)
			pause();
	}
	pid = fork();
	if (!pid) {
		dup2(shared, 0);
		close_range(1, ~0U, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	fixture_add_stopped(pid);
	close(shared);
	fixture.dump_options.file_locks = true;
	fixture_survey();
	survey_locks();
	kill(outside, SIGKILL);
	waitpid(outside, NULL, 0);
	snprintf(reason, sizeof(reason), "of process %d (test-descriptor", outside);
	assert_int_equal(fixture.dump.nr_refusals, 1);
	assert_true(fixture_has_refusal(&fixture.dump.refusals, reason));
}

/* --- restore --- */

/* The locks of the images in this process, or the error; with everything else that the fixture needs. */
static int restore_locks(struct restore *restore)
{
	struct task *task;
	int error;

	fixture_load(restore);
	CHECK(file_lock_list_kind.load(restore) == 0);
	CHECK(restore->nr_refusals == 0);
	CHECK(file_lock_list_kind.make(restore) == 0);
	CHECK(restore_plan_service_fds(restore) == 0);
	CHECK(restore_open_files(restore) == 0);
	task = TAILQ_FIRST(&restore->tasks);
	CHECK(restore_place_descriptors(restore, task) == 0);
	log_forget_error();
	error = file_locks_kind.in_task(restore, task);
	restore_free_files(restore);
	arena_free(&restore->arena);
	return error;
}

static void expect_restore(const char *error)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		struct restore restore;

		fixture.restore_options.file_locks = true;
		CHECK(restore_locks(&restore) == (error ? -EAGAIN : 0));
		CHECK(!error || strstr(log_first_error(), error));
		_exit(0);
	}
	fixture_wait(pid);
}

static void dump_and_end(void (*make)(void))
{
	fixture.dump_options.file_locks = true;
	fixture_start(make);
	fixture_dump();
	survey_locks();
	assert_int_equal(fixture.dump.nr_refusals, 0);
	assert_int_equal(file_lock_list_kind.dump(&fixture.dump), 0);
	kill(fixture.tasks[0].pid, SIGKILL);
	waitpid(fixture.tasks[0].pid, NULL, 0);
}

static void test_in_the_way(void **state)
{
	char error[160];
	int fd;

	dump_and_end(make_several);
	expect_restore(NULL);
	fd = open(fixture_path("a"), O_RDWR);
	set_lock(fd, F_SETLK, F_WRLCK, 5, 1);
	snprintf(error, sizeof(error),
		 "/a'): cannot lock bytes 0 to 9: process %d (test-descriptor) holds a lock there", getpid());
	expect_restore(error);
	set_lock(fd, F_SETLK, F_UNLCK, 0, 0);
	set_lock(fd, F_OFD_SETLK, F_WRLCK, 20, 1);
	expect_restore("/a'): cannot lock bytes 20 to 49: an open file of another process holds a lock there");
	set_lock(fd, F_OFD_SETLK, F_UNLCK, 0, 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	snprintf(error, sizeof(error),
		 "/a'): cannot lock byte 0 to the end: process %d (test-descriptor) holds a lock there",
		 getpid());
	expect_restore(error);
	close(fd);
	expect_restore(NULL);
}

static void test_option_is_missing(void **state)
{
	struct restore restore;

	dump_and_end(make_several);
	fixture_load(&restore);
	assert_int_equal(file_lock_list_kind.load(&restore), 0);
	assert_true(fixture_has_refusal(&restore.refusals, "use --file-locks"));
	restore_free_files(&restore);
	arena_free(&restore.arena);
}

static void expect_bad_record(FileLockEntry record)
{
	struct restore restore;
	struct image_file *image;
	int error;

	assert_int_equal(image_create(&fixture.images, IMAGE_FILE_LOCKS, 0, &image), 0);
	assert_int_equal(image_write_record(image, &record.base), 0);
	assert_int_equal(image_close(image), 0);
	fixture_load(&restore);
	error = file_lock_list_kind.load(&restore);
	if (!error)
		error = file_lock_list_kind.make(&restore);
	assert_int_equal(error, -EBADMSG);
	restore_free_files(&restore);
	arena_free(&restore.arena);
}

static void test_bad_records(void **state)
{
	FileLockEntry good = FILE_LOCK_ENTRY__INIT, bad;

	fixture.restore_options.file_locks = true;
	dump_and_end(make_several);
	good.flag = POSIX;
	good.type = F_WRLCK;
	good.pid = fixture.tasks[0].pid;
#define BAD(field, value) (bad = good, bad.field = (value), expect_bad_record(bad))
	BAD(flag, 16);
	BAD(flag, POSIX | FLOCK);
	BAD(type, F_UNLCK);
	BAD(type, 32);
	BAD(pid, 1);
	BAD(fd, 2);
	BAD(fd, -1);
	BAD(start, -1);
	BAD(len, -1);
	good.start = 1;
	BAD(len, INT64_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_each_once),	   TEST(test_none),	  TEST(test_refused),
		TEST(test_shared_outside), TEST(test_in_the_way), TEST(test_option_is_missing),
		TEST(test_bad_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
