// SPDX-License-Identifier: GPL-2.0-only
/* File locks of all sorts are held again, each by its own owner: the process, the open file description.
 *
 * options: --file-locks
 * kinds: file_locks
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

static struct flock range(short type, off_t start, off_t length)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
}

/* Is exactly the range @start, @length locked with @type, for others than the owner of @fd? */
static bool is_locked(int fd, short type, off_t start, off_t length)
{
	struct flock found = range(F_WRLCK, start ? start : 1, 1);

	must(fcntl(fd, F_OFD_GETLK, &found));
	return found.l_type == type && found.l_start == start && found.l_len == length;
}

static void hold_in_child(void *arg)
{
	struct flock lock = range(F_WRLCK, 500, 10);

	must(fcntl(*(int *)arg, F_SETLK, &lock));
	test_ready();
	test_wait();
	/* Its own lock is none to itself; another process' is. */
	lock = range(F_WRLCK, 500, 10);
	must(fcntl(*(int *)arg, F_GETLK, &lock));
	check(lock.l_type == F_UNLCK, "the lock of the child is somebody else's");
	lock = range(F_WRLCK, 10, 1);
	must(fcntl(*(int *)arg, F_GETLK, &lock));
	check(lock.l_type == F_WRLCK && lock.l_pid == getppid(), "lock of the parent: type %d, owner %d",
	      lock.l_type, lock.l_pid);
}

int main(int argc, char **argv)
{
	struct flock exclusive = range(F_WRLCK, 10, 20), shared = range(F_RDLCK, 100, 0),
		     own = range(F_WRLCK, 0, 7);
	int posix, description, whole, copy, looker, other;
	pid_t child;

	test_init(argc, argv);
	posix = must(open("posix", O_RDWR | O_CREAT, 0600));
	copy = must(dup(posix));
	must(fcntl(posix, F_SETLK, &exclusive));
	description = must(open("description", O_RDWR | O_CREAT, 0600));
	must(fcntl(description, F_OFD_SETLK, &shared));
	must(fcntl(description, F_OFD_SETLK, &own));
	whole = must(open("whole", O_RDWR | O_CREAT, 0600));
	must(flock(whole, LOCK_EX));
	child = test_child(hold_in_child, &posix);
	test_ready();
	test_wait();
	looker = must(open("description", O_RDWR));
	check(is_locked(looker, F_WRLCK, 0, 7), "the exclusive lock of the description is not there");
	check(is_locked(looker, F_RDLCK, 100, 0), "the shared lock of the description is not there");
	other = must(open("whole", O_RDWR));
	check(flock(other, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK, "the whole file is not locked");
	test_end_child(child);
	must(flock(whole, LOCK_UN));
	must(flock(other, LOCK_EX | LOCK_NB));
	must(close(copy));
	exclusive = range(F_WRLCK, 10, 20);
	must(fcntl(posix, F_OFD_GETLK, &exclusive));
	check(exclusive.l_type == F_UNLCK, "closing a copy left the lock of the process");
	pass();
}
