// SPDX-License-Identifier: GPL-2.0-only
/* Action scripts: what they are told, where their output goes, and what becomes of their failure. */
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
#include <unistd.h>

#include "criu/util/log.h"
#include "criu/util/script.h"

static char directory[] = "/tmp/test-script-XXXXXX";
static char first[64], second[64], log_path[64];
static int directory_fd;

static void write_script(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fchmod(fileno(file), 0700);
	fclose(file);
}

static const char *log_text(void)
{
	static char text[4096];
	int fd = open(log_path, O_RDONLY);
	ssize_t size = read(fd, text, sizeof(text) - 1);

	assert_true(size >= 0);
	close(fd);
	text[size] = '\0';
	return text;
}

static int run(size_t nr, pid_t root, const char **ret_failed)
{
	char *paths[] = { first, second };
	int result;

	assert_int_equal(log_open(AT_FDCWD, log_path), 0);
	result = script_run_all(paths, nr, "pre-dump", directory_fd, root, ret_failed);
	log_close();
	return result;
}

static void scripts_know_stage_images_and_root(void **state)
{
	write_script(first,
		     "#!/bin/sh\n"
		     "echo \"$CRTOOLS_SCRIPT_ACTION ${CRTOOLS_INIT_PID-none}\"; ls $CRTOOLS_IMAGE_DIR >&2; cat\n");
	assert_int_equal(run(1, 4711, NULL), 0);
	assert_string_equal(log_text(), "pre-dump 4711\nfirst\nlog\n");
	setenv("CRTOOLS_INIT_PID", "old", 1);
	assert_int_equal(run(1, 0, NULL), 0);
	assert_string_equal(log_text(), "pre-dump none\nfirst\nlog\n");
	unsetenv("CRTOOLS_INIT_PID");
}

static void all_run_until_one_fails(void **state)
{
	const char *failed = NULL;

	write_script(first, "#!/bin/sh\necho first\n");
	write_script(second, "#!/bin/sh\necho second; exit 7\n");
	assert_int_equal(run(2, 1, &failed), 7);
	assert_string_equal(log_text(), "first\nsecond\n");
	assert_ptr_equal(failed, second);
	write_script(first, "#!/bin/sh\nexit 3\n");
	assert_int_equal(run(2, 1, &failed), 3);
	assert_string_equal(log_text(), "");
	assert_ptr_equal(failed, first);
}

static void ends_of_all_kinds_are_told(void **state)
{
	write_script(first, "echo without a line for the kernel\n");
	assert_int_equal(run(1, 1, NULL), 0);
	assert_string_equal(log_text(), "without a line for the kernel\n");
	write_script(first, "#!/bin/sh\nkill -9 $$\n");
	assert_int_equal(run(1, 1, NULL), 128 + 9);
	chmod(first, 0600);
	assert_int_equal(run(1, 1, NULL), 127);
	unlink(first);
	assert_int_equal(run(1, 1, NULL), 127);
	assert_int_equal(run(0, 1, NULL), 0);
}

static int set_up(void **state)
{
	assert_non_null(mkdtemp(directory));
	snprintf(first, sizeof(first), "%s/first", directory);
	snprintf(second, sizeof(second), "%s/second", directory);
	snprintf(log_path, sizeof(log_path), "%s/log", directory);
	directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

static int tear_down(void **state)
{
	close(directory_fd);
	unlink(first);
	unlink(second);
	unlink(log_path);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_know_stage_images_and_root),
		cmocka_unit_test(all_run_until_one_fails),
		cmocka_unit_test(ends_of_all_kinds_are_told),
	};

	return cmocka_run_group_tests_name("action scripts", tests, set_up, tear_down);
}
