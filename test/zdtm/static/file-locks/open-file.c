// SPDX-License-Identifier: GPL-2.0-only
/* Locks of open file descriptions: by flock on one that parent and child share and on one of a directory, by
 * F_OFD_SETLK on two ranges.
 *
 * options: --file-locks
 * flavours: host ns uns
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int shared;

static void check_locked(const char *name, int operation, bool expected)
{
	int fd = must(open(name, O_RDONLY));
	bool locked = flock(fd, operation | LOCK_NB) < 0 && errno == EWOULDBLOCK;

	check(locked == expected, "'%s' is %slocked for %d", name, locked ? "" : "not ", operation);
	must(close(fd));
}

static short ofd_lock_at(off_t start, off_t length, short wanted)
{
	struct flock lock = { .l_type = wanted, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
	int fd = must(open("ranges", O_RDWR));

	must(fcntl(fd, F_OFD_GETLK, &lock));
	must(close(fd));
	return lock.l_type;
}

static void child(void *arg)
{
	test_ready();
	test_wait();
	check_locked("shared", LOCK_SH, true);
	must(flock(shared, LOCK_UN));
}

int main(int argc, char **argv)
{
	struct flock read_lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 50 };
	struct flock write_lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 1000 };
	int ranges;
	pid_t pid;

	test_init(argc, argv);
	shared = must(open("shared", O_RDWR | O_CREAT, 0644));
	must(mkdir("directory", 0755));
	must(flock(must(open("directory", O_RDONLY | O_DIRECTORY)), LOCK_SH));
	ranges = must(open("ranges", O_RDWR | O_CREAT, 0644));
	must(fcntl(ranges, F_OFD_SETLK, &read_lock));
	must(fcntl(ranges, F_OFD_SETLK, &write_lock));
	pid = test_child(child, NULL);
	must(flock(shared, LOCK_EX));
	test_ready();
	test_wait();
	check_locked("directory", LOCK_SH, false);
	check_locked("directory", LOCK_EX, true);
	check(ofd_lock_at(100, 50, F_RDLCK) == F_UNLCK, "the read lock is in the way of readers");
	check(ofd_lock_at(149, 1, F_WRLCK) == F_RDLCK, "the read lock is not in the way of writers");
	check(ofd_lock_at(150, 850, F_WRLCK) == F_UNLCK, "there is a lock between the two");
	check(ofd_lock_at(1L << 40, 0, F_RDLCK) == F_WRLCK, "the write lock does not go on to the end");
	check_locked("shared", LOCK_SH, true);
	test_end_child(pid);
	check_locked("shared", LOCK_EX, false);
	pass();
}
