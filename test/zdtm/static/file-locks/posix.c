// SPDX-License-Identifier: GPL-2.0-only
/* POSIX locks of a parent and its child on ranges of one file, which both inherited, opened again and mapped: each
 * has its own, and the kernel names the owner.
 *
 * kinds: file_locks file_lock_list
 * options: --file-locks
 * flavours: host ns uns
 */
#include "test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static int file;
static pid_t parent_pid;

static void set_lock(int fd, short type, off_t start, off_t length)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length };

	must(fcntl(fd, F_SETLK, &lock));
}

/* The first lock in the range that is in the way of a writer. */
static struct flock blocking_lock(off_t start, off_t length)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = length };

	must(fcntl(file, F_GETLK, &lock));
	return lock;
}

static void check_lock(const char *whose, pid_t pid, short type, off_t start, off_t length)
{
	struct flock lock = blocking_lock(start, length);

	check(lock.l_type == type, "%s lock at %ld has type %d", whose, (long)start, lock.l_type);
	check(lock.l_pid == pid, "%s lock at %ld is that of %d", whose, (long)start, lock.l_pid);
	check(lock.l_start == start && lock.l_len == length, "%s lock at %ld is at %ld, %ld bytes", whose,
	      (long)start, (long)lock.l_start, (long)lock.l_len);
}

static void child(void *arg)
{
	int other = must(open("file", O_RDWR));

	set_lock(other, F_WRLCK, 1000, 10);
	set_lock(file, F_RDLCK, 50, 50);
	test_ready();
	test_wait();
	check_lock("the parent's", parent_pid, F_WRLCK, 0, 10);
	check_lock("the parent's", parent_pid, F_RDLCK, 20, 100);
	check_lock("the parent's", parent_pid, F_WRLCK, 5000000000L, 0);
	check(blocking_lock(10, 10).l_type == F_UNLCK, "bytes 10 to 19 are locked");
	check(blocking_lock(500, 4999999500L).l_type == F_UNLCK, "others hold what only this one has");
}

int main(int argc, char **argv)
{
	char *memory;
	pid_t pid;

	test_init(argc, argv);
	parent_pid = getpid();
	file = must(open("file", O_RDWR | O_CREAT, 0644));
	must(ftruncate(file, TEST_PAGE));
	memory = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	check(memory != MAP_FAILED, "the file cannot be mapped");
	pid = test_child(child, NULL);
	set_lock(file, F_WRLCK, 0, 10);
	set_lock(must(open("file", O_RDONLY)), F_RDLCK, 20, 100);
	set_lock(file, F_WRLCK, 5000000000L, 0);
	test_ready();
	test_wait();
	memory[0]++;
	check_lock("the child's", pid, F_WRLCK, 1000, 10);
	check_lock("the child's", pid, F_RDLCK, 50, 50);
	test_end_child(pid);
	check(blocking_lock(0, 0).l_type == F_UNLCK, "the child has ended and its locks are still there");
	pass();
}
