// SPDX-License-Identifier: GPL-2.0-only
/* The log: form of lines, lines from before it is open, reuse of files, the first error, the cause on stderr. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "criu/util/clock.h"
#include "criu/util/log.h"
#include "criu/util/pidfile.h"
#include "criu/util/progress.h"

static char directory[] = "/tmp/test-log-XXXXXX";
static char log_path[64], stderr_path[64];
static int saved_stderr;

static const char *contents(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY);
	ssize_t size = read(fd, text, sizeof(text) - 1);

	assert_true(size >= 0);
	close(fd);
	text[size] = '\0';
	return text;
}

/* stderr becomes a file while a test runs, and the log starts anew. */
static int set_up(void **state)
{
	int fd = open(stderr_path, O_CREAT | O_TRUNC | O_RDWR | O_APPEND, 0600);

	saved_stderr = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	unlink(log_path);
	log_close();
	log_forget_error();
	log_set_level(LOG_LEVEL_WARN);
	log_set_prefix("");
	return 0;
}

static int tear_down(void **state)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	return 0;
}

static void levels_decide_what_is_written(void **state)
{
	int first, second, length = 0;

	log_open(AT_FDCWD, log_path);
	log_info("no");
	log_warn("yes %d", 1);
	log_error("error");
	sscanf(contents(log_path), "Warn  (test-log.c:%d): yes 1\nError (test-log.c:%d): error\n%n", &first,
	       &second, &length);
	assert_int_equal(length, strlen(contents(log_path)));
	assert_int_equal(second, first + 1);
	log_set_level(LOG_LEVEL_NONE);
	log_error("not written");
	assert_null(strstr(contents(log_path), "not written"));
}

static void lines_have_the_time_from_info_on(void **state)
{
	unsigned int seconds, usec;
	int length = 0;

	log_hold();
	log_set_level(LOG_LEVEL_INFO);
	log_open(AT_FDCWD, log_path);
	log_set_prefix("  4711: ");
	log_info("text");
	assert_int_equal(sscanf(contents(log_path), "(%2u.%6u)   4711: text\n%n", &seconds, &usec, &length), 2);
	assert_int_equal(length, strlen(contents(log_path)));
	assert_int_equal(seconds, 0);
}

static void errno_is_appended_and_returned(void **state)
{
	errno = EAGAIN;
	log_open(AT_FDCWD, log_path);
	assert_int_equal(log_errno(ENOENT, "open: '%s'", "x"), -ENOENT);
	assert_int_equal(log_errno(-ENOENT, "open: '%s'", "x"), -ENOENT);
	assert_int_equal(log_fail(-EINVAL, "bad"), -EINVAL);
	assert_int_equal(errno, EAGAIN);
	assert_non_null(strstr(contents(log_path), "): open: 'x': No such file or directory\n"));
}

static void names_cannot_forge_lines(void **state)
{
	log_open(AT_FDCWD, log_path);
	log_warn("comm '%s'", "a\nError (x.c:1): b\033[2J");
	assert_non_null(strstr(contents(log_path), "comm 'a?Error (x.c:1): b?[2J'\n"));
}

static void long_lines_are_cut(void **state)
{
	static char text[10000];

	memset(text, 'x', sizeof(text) - 1);
	log_open(AT_FDCWD, log_path);
	log_warn("%s", text);
	log_warn("next");
	assert_true(strlen(contents(log_path)) < 5000);
	assert_non_null(strstr(contents(log_path), "x\nWarn  (test-log.c:"));
}

static void early_lines_come_first(void **state)
{
	log_hold();
	log_warn("early");
	assert_string_equal(contents(stderr_path), "");
	log_open(AT_FDCWD, log_path);
	log_warn("late");
	assert_non_null(strstr(contents(log_path), "early\nWarn"));
	assert_string_equal(contents(stderr_path), "");
}

static void early_lines_go_to_stderr_when_no_log_comes(void **state)
{
	log_hold();
	log_error("cause");
	log_finish(true);
	assert_non_null(strstr(contents(stderr_path), "cause\n"));
	assert_null(strstr(strstr(contents(stderr_path), "cause") + 1, "cause"));
}

static void more_than_fits_is_not_lost(void **state)
{
	log_hold();
	for (int i = 0; i < 100; i++)
		log_warn("line %d", i);
	log_open(AT_FDCWD, log_path);
	assert_non_null(strstr(contents(log_path), "line 0\n"));
	assert_non_null(strstr(contents(stderr_path), "line 99\n"));
}

static void forked_process_leaves_early_lines_to_its_parent(void **state)
{
	pid_t pid;
	int status;

	log_hold();
	log_warn("early");
	pid = fork();
	if (!pid) {
		log_open(AT_FDCWD, log_path);
		log_warn("child");
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_null(strstr(contents(log_path), "early"));
	log_finish(false);
	assert_non_null(strstr(contents(stderr_path), "early"));
}

static void file_is_reused(void **state)
{
	struct stat before, after;
	int fd = open(log_path, O_CREAT | O_WRONLY, 0640);

	assert_int_equal(write(fd, "old", 3), 3);
	fstat(fd, &before);
	close(fd);
	assert_int_equal(log_open(AT_FDCWD, log_path), 0);
	log_warn("new");
	stat(log_path, &after);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(after.st_mode & 0777, 0640);
	assert_null(strstr(contents(log_path), "old"));
	assert_true(fcntl(log_get_fd(), F_GETFL) & O_APPEND);
	assert_true(fcntl(log_get_fd(), F_GETFD) & FD_CLOEXEC);
	assert_int_equal(log_open(AT_FDCWD, "/nonexistent/log"), -ENOENT);
}

static void tasks_can_have_logs_of_their_own(void **state)
{
	char path[80];

	snprintf(path, sizeof(path), "%s.77", log_path);
	assert_int_equal(log_open_for_pid(AT_FDCWD, log_path, 77), 0);
	log_warn("mine");
	assert_non_null(strstr(contents(path), "mine"));
	unlink(path);
}

static void cause_is_one_line_on_stderr(void **state)
{
	log_open(AT_FDCWD, log_path);
	log_error("first");
	log_error("second");
	assert_string_equal(contents(stderr_path), "");
	log_finish(true);
	assert_non_null(strstr(contents(stderr_path), "): first\n"));
	assert_null(strstr(contents(stderr_path), "second"));
}

static void cause_is_not_said_twice(void **state)
{
	log_open(AT_FDCWD, NULL);
	log_error("first");
	log_finish(true);
	assert_null(strstr(strstr(contents(stderr_path), "first") + 1, "first"));
	log_open(AT_FDCWD, stderr_path);
	log_error("again");
	log_finish(true);
	assert_null(strstr(strstr(contents(stderr_path), "again") + 1, "again"));
}

static void success_is_silent(void **state)
{
	log_open(AT_FDCWD, log_path);
	log_error("no matter");
	log_finish(false);
	assert_string_equal(contents(stderr_path), "");
}

static void first_error_is_kept(void **state)
{
	assert_string_equal(log_first_error(), "");
	log_set_level(LOG_LEVEL_NONE);
	log_warn("warning");
	log_error("one");
	log_error("two");
	assert_non_null(strstr(log_first_error(), "): one"));
	log_adopt_error("three");
	assert_non_null(strstr(log_first_error(), "): one"));
	log_forget_error();
	assert_string_equal(log_first_error(), "");
	log_adopt_error("three");
	assert_string_equal(log_first_error(), "three");
}

static void first_error_can_be_that_of_a_child(void **state)
{
	pid_t pid;
	int status;

	log_set_level(LOG_LEVEL_NONE);
	assert_int_equal(log_share_first_error(), 0);
	pid = fork();
	if (!pid) {
		log_error("of the child");
		_exit(0);
	}
	waitpid(pid, &status, 0);
	log_error("of the parent");
	assert_non_null(strstr(log_first_error(), "of the child"));
	assert_int_equal(log_share_first_error(), 0);
	assert_string_equal(log_first_error(), "");
}

static void lines_of_processes_do_not_mix(void **state)
{
	enum { CHILDREN = 4, LINES = 100 };
	unsigned int seen = 0;
	int status;

	log_open(AT_FDCWD, log_path);
	for (int i = 0; i < CHILDREN; i++)
		if (!fork()) {
			for (int line = 0; line < LINES; line++)
				log_warn("%050d", line);
			_exit(0);
		}
	while (wait(&status) > 0)
		;
	for (const char *line = contents(log_path); *line; line = strchr(line, '\n') + 1, seen++)
		assert_int_equal(strchr(line, '\n') - line, 50 + (int)(strstr(line, "): ") - line) + 3);
	assert_int_equal(seen, CHILDREN * LINES);
}

static void heading_names_version_and_system(void **state)
{
	log_open(AT_FDCWD, log_path);
	log_set_level(LOG_LEVEL_INFO);
	log_write_heading();
	assert_non_null(strstr(contents(log_path), "Version: " CRIU_VERSION));
	assert_non_null(strstr(contents(log_path), "Running on "));
}

static void pidfile_must_be_new(void **state)
{
	struct stat status;

	assert_int_equal(pidfile_write(AT_FDCWD, log_path, 4711), 0);
	assert_string_equal(contents(log_path), "4711");
	stat(log_path, &status);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(pidfile_write(AT_FDCWD, log_path, 1), -EEXIST);
	assert_string_equal(contents(log_path), "4711");
}

static void status_is_one_nul_byte(void **state)
{
	char text[4] = "xxx";
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(status_fd_signal(fds[1]), 0);
	assert_int_equal(read(fds[0], text, sizeof(text)), 1);
	assert_int_equal(text[0], '\0');
	assert_int_equal(read(fds[0], text, sizeof(text)), 0);
	close(fds[0]);
	assert_int_equal(status_fd_signal(-1), 0);
	assert_int_equal(status_fd_signal(999), -EBADF);
}

static void progress_counts_tasks_and_bytes(void **state)
{
	struct progress progress = { .what = "pages", .unit = PROGRESS_BYTES, .done = 5 << 20, .total = 10 << 20 };
	char text[80];

	progress_format(&progress, 500000, text, sizeof(text));
	assert_string_equal(text, "pages: 5.0 MiB of 10.0 MiB, 10.0 MiB/s");
	progress.total = 0;
	progress_format(&progress, 500000, text, sizeof(text));
	assert_string_equal(text, "pages: 5.0 MiB, 10.0 MiB/s");
	progress = (struct progress){ .what = "dump", .unit = PROGRESS_TASKS, .done = 3, .total = 17 };
	progress_format(&progress, 0, text, sizeof(text));
	assert_string_equal(text, "dump: task 3 of 17");
}

static void progress_is_silent_without_a_terminal(void **state)
{
	struct progress progress;

	progress_start(&progress, "dump", PROGRESS_TASKS, 2);
	progress_add(&progress, 1);
	progress_end(&progress);
	assert_string_equal(contents(stderr_path), "");
}

/* stderr becomes a terminal; returns its other end. */
static int open_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	assert_int_equal(grantpt(master) | unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	dup2(slave, STDERR_FILENO);
	close(slave);
	return master;
}

/* All that was written, up to the end which comes when the last descriptor of the terminal is closed. */
static void read_terminal(int master, char *text, size_t size)
{
	ssize_t count;

	log_close();
	dup2(saved_stderr, STDERR_FILENO);
	for (; (count = read(master, text, size - 1)) > 0; text += count, size -= count)
		;
	*text = '\0';
	close(master);
}

static void progress_is_rewritten_on_a_terminal(void **state)
{
	int master = open_terminal();
	struct progress progress;
	char text[16384];
	uint64_t took;
	unsigned int shown = 0;

	progress_start(&progress, "dump", PROGRESS_TASKS, 1000);
	for (int i = 0; i < 250; i++) {
		progress_add(&progress, 1);
		usleep(1000);
	}
	took = clock_usec() - progress.start_usec;
	log_open(AT_FDCWD, NULL);
	log_warn("a line");
	progress_end(&progress);
	read_terminal(master, text, sizeof(text));
	for (const char *at = text; (at = strstr(at, "\rdump: task ")); at++)
		shown++;
	/* The first at once, the others a tenth of a second apart, however long it took. */
	assert_in_range(shown, 2, 1 + took / 100000);
	assert_non_null(strstr(text, "\rdump: task 1 of 1000\033[K"));
	/* The line is taken away before another one is written, and stays away. */
	assert_non_null(strstr(text, "\033[K\r\033[KWarn  ("));
	assert_null(strstr(strstr(text, "a line"), "\rdump"));
}

static int make_directory(void **state)
{
	assert_non_null(mkdtemp(directory));
	snprintf(log_path, sizeof(log_path), "%s/log", directory);
	snprintf(stderr_path, sizeof(stderr_path), "%s/stderr", directory);
	return 0;
}

static int remove_directory(void **state)
{
	unlink(log_path);
	unlink(stderr_path);
	return rmdir(directory);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(levels_decide_what_is_written),
		TEST(lines_have_the_time_from_info_on),
		TEST(errno_is_appended_and_returned),
		TEST(names_cannot_forge_lines),
		TEST(long_lines_are_cut),
		TEST(early_lines_come_first),
		TEST(early_lines_go_to_stderr_when_no_log_comes),
		TEST(more_than_fits_is_not_lost),
		TEST(forked_process_leaves_early_lines_to_its_parent),
		TEST(file_is_reused),
		TEST(tasks_can_have_logs_of_their_own),
		TEST(cause_is_one_line_on_stderr),
		TEST(cause_is_not_said_twice),
		TEST(success_is_silent),
		TEST(first_error_is_kept),
		TEST(first_error_can_be_that_of_a_child),
		TEST(lines_of_processes_do_not_mix),
		TEST(heading_names_version_and_system),
		TEST(pidfile_must_be_new),
		TEST(status_is_one_nul_byte),
		TEST(progress_counts_tasks_and_bytes),
		TEST(progress_is_silent_without_a_terminal),
		TEST(progress_is_rewritten_on_a_terminal),
	};

	return cmocka_run_group_tests_name("log", tests, make_directory, remove_directory);
}
