// SPDX-License-Identifier: GPL-2.0-only
/* The example infects a process; the compel command makes a header of a good blob and refuses others. */
#include <limits.h>

#include "test/unit/compel-target.h"

/* Path of a file of the build folder, which this program is in. */
static const char *built(const char *name)
{
	static char path[2 * PATH_MAX];
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(length > 0);
	self[length] = 0;
	*strrchr(self, '/') = 0;
	snprintf(path, sizeof(path), "%s/../../%s", self, name);
	return path;
}

/* Runs @command, with %s replaced by the file of the build folder, and gives its output. */
static int run(char *output, size_t size, const char *name, const char *arguments)
{
	char command[3 * PATH_MAX];
	size_t length;
	FILE *pipe;

	snprintf(command, sizeof(command), "%s %s 2>&1", built(name), arguments);
	pipe = popen(command, "re");
	assert_non_null(pipe);
	length = fread(output, 1, size - 1, pipe);
	output[length] = 0;
	return WEXITSTATUS(pclose(pipe));
}

static void test_infect(void **state)
{
	char output[8192], expected[PATH_MAX + 128], folder[PATH_MAX], pid[16];
	pid_t child = test_fork();
	char *before, *after;

	if (!child)
		for (;;)
			pause();
	wait_for_state(child, 'S');
	before = proc_text(child, "maps");
	snprintf(pid, sizeof(pid), "%d", child);
	assert_int_equal(run(output, sizeof(output), "compel/example/infect", pid), 0);
	snprintf(expected, sizeof(expected), "pid %d works in %s\npid %d greets by itself\n", child,
		 getcwd(folder, sizeof(folder)), child);
	assert_string_equal(output, expected);
	after = proc_text(child, "maps");
	assert_string_equal(before, after);
	wait_for_state(child, 'S');
	free(before);
	free(after);
	end_child(child);
	assert_int_equal(run(output, sizeof(output), "compel/example/infect", "4194000"), 1);
	assert_non_null(strstr(output, "pid 4194000: No such process"));
}

static void test_hgen(void **state)
{
	char output[65536], arguments[3 * PATH_MAX];

	snprintf(arguments, sizeof(arguments), "hgen -p thing -f %s", built("compel/example/blob.elf"));
	assert_int_equal(run(output, sizeof(output), "compel/compel", arguments), 0);
	assert_non_null(
		strstr(output, "static const struct compel_blob thing = { thing_code, sizeof(thing_code) };"));
	/* Not linked; a program with relocations; no ELF at all. */
	snprintf(arguments, sizeof(arguments), "hgen -f %s", built("compel/example/blob.o"));
	assert_int_equal(run(output, sizeof(output), "compel/compel", arguments), 1);
	assert_non_null(strstr(output, "is not linked"));
	snprintf(arguments, sizeof(arguments), "hgen -f %s", built("compel/compel"));
	assert_int_equal(run(output, sizeof(output), "compel/compel", arguments), 1);
	assert_non_null(strstr(output, "has relocations"));
	assert_int_equal(run(output, sizeof(output), "compel/compel", "hgen -f /proc/self/status"), 1);
	assert_int_equal(run(output, sizeof(output), "compel/compel", "hgen -f /etc/passwd"), 1);
	assert_non_null(strstr(output, "is no 64 bit ELF file"));
}

static void test_commands(void **state)
{
	char output[8192];

	assert_int_equal(run(output, sizeof(output), "compel/compel", "cflags"), 0);
	assert_non_null(strstr(output, "-DCOMPEL_BLOB"));
	assert_int_equal(run(output, sizeof(output), "compel/compel", "ldflags"), 0);
	assert_non_null(strstr(output, "blob.lds"));
	assert_int_equal(run(output, sizeof(output), "compel/compel", "libs --static"), 0);
	assert_non_null(strstr(output, "libcompel.a"));
	assert_int_equal(run(output, sizeof(output), "compel/compel", "--dynamic libs"), 0);
	assert_non_null(strstr(output, "-lcompel"));
	assert_int_equal(run(output, sizeof(output), "compel/compel", "nonsense"), 1);
	assert_non_null(strstr(output, "unknown command 'nonsense'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_infect),
		cmocka_unit_test(test_hgen),
		cmocka_unit_test(test_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
