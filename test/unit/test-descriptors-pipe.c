// SPDX-License-Identifier: GPL-2.0-only
// Pipes: contents, both ends, ends that nobody has, ends that somebody else has. Needs root for pidfd_getfd.
#include "descriptors-fixture.h"

#include <errno.h>
#include <sys/ioctl.h>

#define FILLED 100000

static int outside[2]; /* a pipe of this program */

static char byte_at(int i)
{
	return (char)(i * 7 + i / 256);
}

static int waiting_in(int fd)
{
	int count = -1;

	return ioctl(fd, FIONREAD, &count) < 0 ? -1 : count;
}

static void make_filled(void)
{
	static char bytes[FILLED];
	int ends[2];

	for (int i = 0; i < FILLED; i++)
		bytes[i] = byte_at(i);
	CHECK(pipe(ends) == 0 && ends[0] == 0 && ends[1] == 1);
	CHECK(fcntl(0, F_SETPIPE_SZ, 256 << 10) == 256 << 10);
	CHECK(write(1, bytes, FILLED) == FILLED);
	CHECK(open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK) == 2);
	CHECK(dup(1) == 3);
	CHECK(open("/proc/self/fd/0", O_RDWR) == 4);
	CHECK(fchown(0, 1000, 1001) == 0);
}

static void check_filled(void)
{
	static char bytes[FILLED];
	struct stat stat, other;
	int done = 0;

	CHECK(fcntl(0, F_GETPIPE_SZ) == 256 << 10 && waiting_in(0) == FILLED);
	CHECK((fcntl(0, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) == O_RDONLY);
	CHECK((fcntl(2, F_GETFL) & (O_ACCMODE | O_NONBLOCK)) == (O_RDONLY | O_NONBLOCK));
	CHECK((fcntl(1, F_GETFL) & O_ACCMODE) == O_WRONLY && (fcntl(4, F_GETFL) & O_ACCMODE) == O_RDWR);
	CHECK(fstat(0, &stat) == 0 && stat.st_uid == 1000 && stat.st_gid == 1001);
	for (int fd = 1; fd < 5; fd++)
		CHECK(fstat(fd, &other) == 0 && other.st_ino == stat.st_ino);
	while (done < FILLED) {
		ssize_t got = read(done % 2 ? 0 : 2, bytes + done, 4097);

		CHECK(got > 0);
		done += (int)got;
	}
	for (int i = 0; i < FILLED; i++)
		CHECK(bytes[i] == byte_at(i));
	CHECK(read(2, bytes, 1) < 0 && errno == EAGAIN);
	CHECK(fcntl(3, F_SETFL, O_NONBLOCK) == 0 && (fcntl(1, F_GETFL) & O_NONBLOCK));
	CHECK(write(1, "x", 1) == 1 && read(4, bytes, 1) == 1);
	close(1);
	close(3);
	close(4);
	CHECK(read(2, bytes, 1) == 0);
}

static void test_filled(void **state)
{
	int fd;

	fixture_start(make_filled);
	fixture_dump();
	fixture_restore((void (*const[])(void)){ check_filled });

	/* The dumped task has noticed nothing. */
	fd = (int)syscall(SYS_pidfd_open, fixture.tasks[0].pid, 0);
	fd = (int)syscall(SYS_pidfd_getfd, fd, 0, 0);
	assert_int_equal(waiting_in(fd), FILLED);
}

/* --- ends that nobody has --- */

static void make_halves(void)
{
	int ends[2];

	CHECK(pipe(ends) == 0 && pipe(ends) == 0);
	CHECK(write(1, "last", 4) == 4);
	close(1);
	close(2);
}

static void check_halves(void)
{
	char bytes[8];

	signal(SIGPIPE, SIG_IGN);
	CHECK(read(0, bytes, 8) == 4 && memcmp(bytes, "last", 4) == 0 && read(0, bytes, 8) == 0);
	CHECK(write(3, "x", 1) < 0 && errno == EPIPE);
}

static void test_halves(void **state)
{
	fixture_start(make_halves);
	fixture_dump();
	fixture_restore((void (*const[])(void)){ check_halves });
}

/* --- ends that somebody outside has --- */

static void start_with_outside(int end)
{
	pid_t pid;

	assert_int_equal(pipe(outside), 0);
	assert_int_equal(write(outside[1], "kept", 4), 4);
	pid = fork();
	if (!pid) {
		dup2(outside[end], 0);
		close_range(1, ~0U, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	fixture_add_stopped(pid);
}

/* Another process than the one that dumps must hold the pipe. */
static pid_t start_holder(int end)
{
	int started[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(started), 0);
	pid = fork();
	if (!pid) {
		close(outside[!end]);
		(void)!write(started[1], "", 1);
		pause();
	}
	assert_int_equal(read(started[0], &byte, 1), 1);
	close(started[0]);
	close(started[1]);
	close(outside[0]);
	close(outside[1]);
	return pid;
}

static void check_outside(void)
{
	char bytes[8];

	CHECK(read(0, bytes, 8) == 3 && memcmp(bytes, "new", 3) == 0);
}

static void inherit(int fd)
{
	static struct inherited_fd item;
	static char key[32];

	snprintf(key, sizeof(key), "%s", fixture.tasks[0].fds[0].link);
	item = (struct inherited_fd){ .fd = fd, .key = key };
	fixture.restore_options.inherit_fds.items = &item;
	fixture.restore_options.inherit_fds.nr = 1;
}

static void forget_inherited(void)
{
	fixture.restore_options.inherit_fds.items = NULL;
	fixture.restore_options.inherit_fds.nr = 0;
}

static void test_external(void **state)
{
	int given[2];
	pid_t holder;

	start_with_outside(0);
	holder = start_holder(1);
	fixture_dump();
	fixture_restore_refused("outside of the tree as well; give such a pipe by --inherit-fd 'fd[N]:pipe:[");
	assert_int_equal(faccessat(fixture.images.fd, "pipes-data.img", F_OK, 0), -1);

	assert_int_equal(pipe(given), 0);
	assert_int_equal(write(given[1], "new", 3), 3);
	inherit(given[0]);
	fixture_restore((void (*const[])(void)){ check_outside });
	forget_inherited();
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	close(given[0]);
	close(given[1]);
}

static void check_write_outside(void)
{
	CHECK(write(0, "out", 3) == 3);
}

static void test_external_output(void **state)
{
	char bytes[8];
	pid_t holder;
	int given[2];

	start_with_outside(1);
	holder = start_holder(0);
	fixture_dump();
	fixture_restore_refused("give such a pipe by --inherit-fd");
	assert_int_equal(pipe(given), 0);
	inherit(given[1]);
	fixture_restore((void (*const[])(void)){ check_write_outside });
	assert_int_equal(read(given[0], bytes, 8), 3);
	forget_inherited();
	kill(holder, SIGKILL);
	waitpid(holder, NULL, 0);
	close(given[0]);
	close(given[1]);
}

/* --- what is refused --- */

static void make_packets(void)
{
	int ends[2];

	CHECK(pipe2(ends, O_DIRECT | O_NONBLOCK) == 0);
	CHECK(write(1, "three", 5) == 5 && write(1, "x", 1) == 1 && write(1, "more", 4) == 4);
}

static void check_packets(void)
{
	char text[16];

	CHECK(fcntl(1, F_GETFL) & O_DIRECT);
	CHECK(read(0, text, sizeof(text)) == 5);
	CHECK(read(0, text, sizeof(text)) == 1 && text[0] == 'x');
	CHECK(read(0, text, 2) == 2 && read(0, text, sizeof(text)) < 0);
}

static void test_packets(void **state)
{
	fixture_start(make_packets);
	fixture_dump();
	fixture_restore((void (*const[])(void)){ check_packets });
}

/* --- owners --- */

static void make_owned(void)
{
	int ends[2];

	CHECK(pipe(ends) == 0);
	CHECK(setresuid(1000, 1001, 0) == 0);
	CHECK(fcntl(0, F_SETOWN, getpid()) == 0);
	CHECK(setresuid(0, 0, 0) == 0);
	CHECK(fcntl(0, F_SETSIG, SIGUSR1) == 0);
	CHECK(fcntl(0, F_SETFL, O_ASYNC) == 0);
}

static void check_owned(void)
{
	struct f_owner_ex owner;
	uid_t uids[2];

	CHECK(fcntl(0, F_GETOWN_EX, &owner) == 0 && owner.type == F_OWNER_PID);
	CHECK(owner.pid == fixture.tasks[0].pid);
	CHECK(fcntl(0, F_GETSIG) == SIGUSR1 && (fcntl(0, F_GETFL) & O_ASYNC));
	CHECK(fcntl(0, 17 /* F_GETOWNER_UIDS */, uids) == 0 && uids[0] == 1000 && uids[1] == 1001);
	CHECK(getuid() == 0 && geteuid() == 0);
	CHECK(fcntl(1, F_GETOWN_EX, &owner) == 0 && owner.pid == 0);
}

static void test_owned(void **state)
{
	fixture_start(make_owned);
	fixture_dump();
	fixture_restore((void (*const[])(void)){ check_owned });
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_filled),	    TEST(test_halves),	TEST(test_external),
		TEST(test_external_output), TEST(test_packets), TEST(test_owned),
	};

	return fixture_can_run() ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
