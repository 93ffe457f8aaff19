// SPDX-License-Identifier: GPL-2.0-only
/* Configuration files: lines, quotes, errors, and whose word is the last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "criu/options/options.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

static char home[] = "/tmp/test-options-XXXXXX";
static char home_config[64], named_config[64], other_config[64];
static struct options options;
static int exit_code;

static void write_file(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	fclose(file);
}

static void write_text(const char *path, const char *text)
{
	write_file(path, text, strlen(text));
}

static int read_text(const char *text)
{
	options_free(&options);
	options_init(&options);
	log_forget_error();
	write_text(other_config, text);
	return options_read_config(&options, other_config);
}

static int parse(const char *first, const char *second)
{
	char *argv[] = { (char *)"criu", (char *)"restore", (char *)first, (char *)second, NULL };

	options_free(&options);
	log_forget_error();
	return options_parse(&options, first ? second ? 4 : 3 : 2, argv, &exit_code);
}

static void lines_are_options(void **state)
{
	assert_int_equal(read_text("# comment\n"
				   "\n"
				   "   \t \n"
				   "leave-running\n"
				   "tcp-established   \n"
				   "log-file=equals.log\n"
				   "images-dir   /blank  # comment\n"
				   "\ttree 12\t\n"
				   "verbosity=4 \r\n"
				   "manage-cgroups full\n"
				   "ghost-limit=2M#\n"),
			 -EINVAL);
	assert_non_null(strstr(log_first_error(), "2M#"));
	assert_true(options.leave_running && options.tcp_established);
	assert_string_equal(options.log_file, "equals.log");
	assert_string_equal(options.images_dir, "/blank");
	assert_int_equal(options.tree, 12);
	assert_int_equal(options.verbosity, 4);
	assert_int_equal(options.manage_cgroups, MANAGE_CGROUPS_FULL);
}

static void values_may_be_quoted(void **state)
{
	assert_int_equal(read_text("images-dir \"/with blank and # and \\\"quotes\\\" and \\\\ \"  # comment\n"
				   "work-dir=\"/a b\"\n"
				   "log-file \"\"\n"
				   "pidfile a\\b\n"),
			 0);
	assert_string_equal(options.images_dir, "/with blank and # and \"quotes\" and \\ ");
	assert_string_equal(options.work_dir, "/a b");
	assert_string_equal(options.log_file, "");
	assert_string_equal(options.pidfile, "a\\b");
}

static void twins_and_lists_work_as_on_the_command_line(void **state)
{
	assert_int_equal(read_text("shell-job\nno-shell-job\nno-ghost-fiemap\nskip-mnt /a\nskip-mnt /b\n"), 0);
	assert_false(options.shell_job);
	assert_false(options.ghost_fiemap);
	assert_int_equal(options.skip_mounts.nr, 2);
	assert_int_equal(read_text("leave-runn\n"), 0);
	assert_true(options.leave_running);
}

static void last_line_needs_no_newline(void **state)
{
	assert_int_equal(read_text("tree 12\nleave-running"), 0);
	assert_true(options.leave_running);
}

static void errors_name_file_line_and_word(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "tree 12\nnonsense\n", ":2: unknown option: '--nonsense'" },
		{ "--tree 12\n", "unknown option" },
		{ "dump\n", "unknown option: '--dump'" },
		{ "tree twelve\n", "--tree: 'twelve': not a number" },
		{ "tree 12 13\n", "more than one value" },
		{ "tree\n", "'--tree': needs a value" },
		{ "leave-running yes\n", "takes no value" },
		{ "log-file \"open\n", "missing '\"'" },
		{ "log-file \"a\"b\n", "text behind" },
		{ "log-file = x\n", "more than one value" },
		{ "log-file= x\n", "nothing follows '='" },
		{ "config /x\n", "not in a configuration file" },
		{ "help\n", "not in a configuration file" },
		{ "close 5\n", "not in a configuration file" },
		{ "=\n", "nothing follows" },
		{ "=x\n", "stands for more than one option" },
		{ "ms\n", "--ms was removed" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(read_text(cases[i].text) < 0);
		if (!strstr(log_first_error(), cases[i].error))
			print_error("%s: %s\n", cases[i].error, log_first_error());
		assert_non_null(strstr(log_first_error(), cases[i].error));
	}
}

static void nul_bytes_are_refused(void **state)
{
	write_file(other_config, "tree 1\0 2\n", 10);
	assert_true(options_read_config(&options, other_config) < 0);
}

static void missing_file_is_no_error(void **state)
{
	assert_int_equal(options_read_config(&options, "/nonexistent/file"), 0);
	assert_int_equal(options_read_config(&options, "/dev/null/file"), 0);
	assert_int_equal(parse("--config", "/nonexistent/file"), 0);
	assert_true(options_read_config(&options, "/") < 0);
}

static void later_words_win(void **state)
{
	write_text(home_config,
		   "images-dir /home\nwork-dir /home\nlog-file home\nskip-mnt /home\nshell-job\nverbosity 1\n");
	write_text(named_config, "work-dir /named\nlog-file named\nskip-mnt /named\n");
	assert_int_equal(parse("--log-file=argv", "-v"), 0);
	assert_string_equal(options.images_dir, "/home");
	assert_string_equal(options.work_dir, "/named");
	assert_string_equal(options.log_file, "argv");
	assert_int_equal(options.skip_mounts.nr, 2);
	assert_string_equal(options.skip_mounts.items[0], "/home");
	assert_int_equal(options.verbosity, 2);
	assert_int_equal(parse("--no-shell-job", NULL), 0);
	assert_false(options.shell_job);
}

static void default_files_can_be_switched_off(void **state)
{
	write_text(home_config, "images-dir /home\n");
	write_text(named_config, "work-dir /named\n");
	write_text(other_config, "work-dir /other\n");
	assert_int_equal(parse("--no-default-config", NULL), 0);
	assert_string_equal(options.images_dir, ".");
	assert_string_equal(options.work_dir, "/named");
	assert_int_equal(parse("--config", other_config), 0);
	assert_string_equal(options.images_dir, ".");
	assert_string_equal(options.work_dir, "/other");
}

static void refusals_hold_for_files_too(void **state)
{
	write_text(home_config, "track-mem\n");
	assert_true(parse(NULL, NULL) < 0);
	assert_int_equal(exit_code, 1);
	assert_non_null(strstr(log_first_error(), "--track-mem: not available in this build"));
	assert_int_equal(parse("--no-track-mem", NULL), 0);
	write_text(home_config, "bad option\n");
	assert_true(parse(NULL, NULL) < 0);
	/* Who asks for the version gets it. */
	assert_int_equal(parse("--version", NULL), 1);
	assert_int_equal(exit_code, 0);
}

static int set_up(void **state)
{
	char directory[64];

	assert_non_null(mkdtemp(home));
	snprintf(directory, sizeof(directory), "%s/.criu", home);
	snprintf(home_config, sizeof(home_config), "%s/.criu/default.conf", home);
	snprintf(named_config, sizeof(named_config), "%s/named.conf", home);
	snprintf(other_config, sizeof(other_config), "%s/other.conf", home);
	assert_int_equal(mkdir(directory, 0700), 0);
	setenv("HOME", home, 1);
	setenv("CRIU_CONFIG_FILE", named_config, 1);
	unsetenv("CRIU_LIBS_DIR");
	log_set_level(LOG_LEVEL_NONE);
	options_init(&options);
	return 0;
}

static int tear_down(void **state)
{
	char directory[64];

	snprintf(directory, sizeof(directory), "%s/.criu", home);
	options_free(&options);
	unlink(home_config);
	unlink(named_config);
	unlink(other_config);
	rmdir(directory);
	return rmdir(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_options),
		cmocka_unit_test(values_may_be_quoted),
		cmocka_unit_test(twins_and_lists_work_as_on_the_command_line),
		cmocka_unit_test(last_line_needs_no_newline),
		cmocka_unit_test(errors_name_file_line_and_word),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(missing_file_is_no_error),
		cmocka_unit_test(later_words_win),
		cmocka_unit_test(default_files_can_be_switched_off),
		cmocka_unit_test(refusals_hold_for_files_too),
	};

	return cmocka_run_group_tests_name("configuration files", tests, set_up, tear_down);
}
