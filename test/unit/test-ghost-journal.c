// SPDX-License-Identifier: GPL-2.0-only
/* Names that a restore makes for a moment go with it, however it ends; what somebody else put there stays. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "criu/objects/ghost-internal.h"

static char directory[] = "/tmp/ghost-journal-XXXXXX";

static const char *path(const char *name)
{
	static char paths[4][64];
	static int next;
	char *text = paths[next++ % 4];

	snprintf(text, sizeof(paths[0]), "%s/%s", directory, name);
	return text;
}

static void make_file(const char *name)
{
	int fd = open(path(name), O_CREAT | O_EXCL | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static bool is_there(const char *name)
{
	return access(path(name), F_OK) == 0;
}

static int setup(void **state)
{
	return mkdtemp(directory) && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	return rmdir(directory);
}

/* A directory, a file in it, and one whose name somebody else has taken over. */
static struct ghost_journal *fill_journal(void)
{
	struct ghost_journal *journal;
	struct stat st;

	assert_int_equal(ghost_journal_open(8, &journal), 0);
	assert_true(ghost_journal_add(journal, path("sub"), true, NULL) >= 0);
	assert_int_equal(mkdir(path("sub"), 0700), 0);
	assert_true(ghost_journal_add(journal, path("sub/file"), false, NULL) >= 0);
	make_file("sub/file");
	make_file("ours");
	make_file("theirs");
	assert_int_equal(stat(path("ours"), &st), 0);
	assert_true(ghost_journal_add(journal, path("theirs"), false, &st) >= 0);
	assert_true(ghost_journal_add(journal, path("ours"), false, &st) >= 0);
	assert_true(ghost_journal_add(journal, path("not made yet"), false, NULL) >= 0);
	return journal;
}

static void check_what_is_left(void)
{
	assert_false(is_there("sub"));
	assert_false(is_there("ours"));
	assert_true(is_there("theirs"));
	assert_int_equal(unlink(path("theirs")), 0);
}

static void test_close(void **state)
{
	ghost_journal_close(fill_journal());
	check_what_is_left();
}

static void test_killed(void **state)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		fill_journal();
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	/* The janitor, ours now. */
	assert_true(wait(&status) > 0);
	check_what_is_left();
}

static void test_room(void **state)
{
	struct ghost_journal *journal;

	assert_int_equal(ghost_journal_open(1, &journal), 0);
	for (int i = 0; i < 3; i++) {
		ssize_t entry = ghost_journal_add(journal, path("a"), false, NULL);

		assert_true(entry >= 0);
		assert_int_equal(ghost_journal_add(journal, path("b"), false, NULL), -ENOSPC);
		make_file("a");
		assert_int_equal(ghost_journal_remove(journal, entry), 0);
		assert_false(is_there("a"));
	}
	ghost_journal_close(journal);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_close),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
