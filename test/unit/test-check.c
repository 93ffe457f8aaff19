// SPDX-License-Identifier: GPL-2.0-only
/* criu check: what it prints and how it ends. */
#include "test/unit/recorded.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "criu/commands/commands.h"
#include "criu/kernel/kernel.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* Runs the command with standard output in a file, whose text is left in @ret_text. */
static int run_check(const struct options *options, char **ret_text)
{
	int output = memfd_create("output", MFD_CLOEXEC), kept = dup(STDOUT_FILENO), result;
	size_t size;

	fflush(stdout);
	assert_true(dup2(output, STDOUT_FILENO) >= 0);
	result = command_check(options);
	assert_true(dup2(kept, STDOUT_FILENO) >= 0);
	close(kept);
	assert_int_equal(lseek(output, 0, SEEK_SET), 0);
	assert_int_equal(read_file_fd(output, RECORDED_MAX, ret_text, &size), 0);
	close(output);
	return result;
}

/* `check --feature NAME` */
static int check_feature(char *name, char **ret_text)
{
	struct options options = { .features = { .items = &name, .nr = 1 } };

	return run_check(&options, ret_text);
}

static void test_list(void **state)
{
	_cleanup_free_ char *text = NULL;
	int lines = 0;

	assert_int_equal(check_feature((char[]){ "list" }, &text), 0);
	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	assert_int_equal(lines, KERNEL_FEATURE_COUNT);
	assert_non_null(strstr(text, "\nuffd-noncoop\n"));
}

static void test_supported(void **state)
{
	_cleanup_free_ char *text = NULL;

	assert_int_equal(check_feature((char[]){ "external_net_ns" }, &text), 0);
	assert_string_equal(text, "external_net_ns is supported\n");
}

static void test_unknown(void **state)
{
	_cleanup_free_ char *text = NULL;

	assert_true(check_feature((char[]){ "nosuchfeature" }, &text) < 0);
	assert_string_equal(text, "");
	assert_non_null(strstr(log_first_error(), "'nosuchfeature'"));
	log_forget_error();
}

static void test_several(void **state)
{
	char *names[] = { (char[]){ "nosuchfeature" }, (char[]){ "external_net_ns" } };
	struct options options = { .features = { .items = names, .nr = ARRAY_SIZE(names) } };
	_cleanup_free_ char *text = NULL;

	assert_true(run_check(&options, &text) < 0);
	assert_string_equal(text, "external_net_ns is supported\n");
	log_forget_error();
}

/* Whatever this machine can do, the words and the status say the same. */
static void test_all(void **state)
{
	struct options options = { .check_all = true };
	_cleanup_free_ char *text = NULL;
	int result = run_check(&options, &text), lines = 0;

	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	if (result == 0) {
		assert_string_equal(text, "Looks good.\n");
	} else if (result > 0) {
		assert_int_equal(result, 1);
		assert_int_equal(strncmp(text, "Looks good but some kernel features are missing\n", 48), 0);
		assert_int_equal(lines, 3);
	} else {
		assert_string_equal(text, "");
	}
	log_forget_error();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),	cmocka_unit_test(test_supported),
		cmocka_unit_test(test_unknown), cmocka_unit_test(test_several),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
