// SPDX-License-Identifier: GPL-2.0-only
// Terminals of somebody outside of the tree. Needs root for pidfd_getfd.
#include "descriptors-fixture.h"

#include <pty.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <termios.h>

#include "criu/image/file.h"
#include "tty.pb-c.h"

static int master, slave; /* the terminal of the task */
static int other_master, other_slave;
static int saved_input;

static int setup(void **state)
{
	struct termios settings;

	if (fixture_setup(state) < 0 || openpty(&master, &slave, NULL, NULL, NULL) < 0 ||
	    openpty(&other_master, &other_slave, NULL, NULL, NULL) < 0 || tcgetattr(slave, &settings) < 0)
		return -1;
	cfmakeraw(&settings);
	settings.c_cc[VINTR] = 7;
	settings.c_cc[VEOF] = 9;
	saved_input = fcntl(0, F_DUPFD_CLOEXEC, 100);
	return tcsetattr(slave, TCSANOW, &settings);
}

static int teardown(void **state)
{
	dup2(saved_input, 0);
	close(saved_input);
	close(master);
	close(slave);
	close(other_master);
	close(other_slave);
	return fixture_teardown(state);
}

static void start_with_terminal(void)
{
	pid_t pid = fork();

	if (!pid) {
		dup2(slave, 0);
		dup2(slave, 1);
		close_range(2, ~0U, 0);
		CHECK(open("/proc/self/fd/0", O_WRONLY | O_NONBLOCK | O_NOCTTY) == 2);
		raise(SIGSTOP);
		_exit(0);
	}
	fixture_add_stopped(pid);
}

/* Makes @fd the terminal of a restore; -1: none at all. */
static void stand_at(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(fd < 0 ? null : fd, 0);
	close(null);
}

static void check_terminal(void)
{
	struct stat here;
	struct termios settings;

	CHECK(isatty(0) && isatty(1) && isatty(2));
	CHECK(fstat(0, &here) == 0 && (int)minor(here.st_rdev) == *fixture.failed_line - 1000);
	CHECK((fcntl(0, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) == O_RDWR);
	CHECK((fcntl(2, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) == (O_WRONLY | O_NONBLOCK));
	CHECK(tcgetattr(0, &settings) == 0 && settings.c_cc[VINTR] == 7 && settings.c_cc[VEOF] == 9);
	CHECK(!(settings.c_lflag & (ICANON | ECHO)));
	*fixture.failed_line = 0;
}

static void restore_expecting(int fd)
{
	struct stat expected;

	assert_int_equal(fstat(fd, &expected), 0);
	*fixture.failed_line = 1000 + (int)minor(expected.st_rdev);
	fixture_restore((void (*const[])(void)){ check_terminal });
}

static void test_needs_option(void **state)
{
	start_with_terminal();
	fixture_survey();
	assert_true(fixture_has_refusal(&fixture.dump.refusals, "dump and restore it with --shell-job"));
	assert_int_equal(fixture.dump.nr_refusals, 2);
}

static void test_shell_job(void **state)
{
	fixture.dump_options.shell_job = true;
	start_with_terminal();
	fixture_dump();
	stand_at(other_slave);
	fixture_restore_refused("use --shell-job, or give a terminal for it (--inherit-fd 'fd[N]:tty[88");
	fixture.restore_options.shell_job = true;
	restore_expecting(other_slave);
}

static void test_inherited(void **state)
{
	struct inherited_fd item;
	struct stat stat;
	char key[64];

	fixture.dump_options.shell_job = true;
	start_with_terminal();
	fixture_dump();
	stand_at(-1);
	assert_int_equal(fstat(slave, &stat), 0);
	snprintf(key, sizeof(key), "tty[%lx:%lx]", (long)stat.st_rdev, (long)stat.st_dev);
	item = (struct inherited_fd){ .fd = other_slave, .key = key };
	fixture.restore_options.inherit_fds.items = &item;
	fixture.restore_options.inherit_fds.nr = 1;
	restore_expecting(other_slave);
	fixture.restore_options.inherit_fds.items = NULL;
	fixture.restore_options.inherit_fds.nr = 0;
}

/* As all writers of this format do it: the kernel's 19 bytes in the first five of 19 words. */
static void test_record(void **state)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	_cleanup_message_ TtyInfoEntry *info = NULL;
	struct stat stat;

	fixture.dump_options.shell_job = true;
	start_with_terminal();
	fixture_dump();
	assert_int_equal(fstat(slave, &stat), 0);
	assert_int_equal(image_open(&fixture.images, IMAGE_TTY_INFO, 0, &image), 0);
	assert_int_equal(image_read_single(image, (ProtobufCMessage **)&info), 0);
	assert_int_equal(info->type, TTY_TYPE__PTY);
	assert_int_equal(info->pty->index, minor(stat.st_rdev));
	assert_int_equal(info->id, 2 * info->pty->index);
	assert_int_equal(info->rdev, stat.st_rdev);
	assert_int_equal(info->termios->n_c_cc, 19);
	assert_int_equal(info->termios->c_cc[0] & 0xff, 7);
	assert_int_equal(info->termios->c_cc[1] & 0xff, 9);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_needs_option),
		TEST(test_shell_job),
		TEST(test_inherited),
		TEST(test_record),
	};

	return fixture_can_run() ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
