// SPDX-License-Identifier: GPL-2.0-only
/* Two processes that wait for locks, one in fcntl and one in flock, go on waiting, and get them when the owner lets
 * go; not before.
 *
 * options: --file-locks
 * flavours: host ns
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int *released; /* shared by all */

static int wait_posix(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10 };

	return fcntl(fd, F_SETLKW, &lock);
}

static int wait_flock(int fd)
{
	return flock(fd, LOCK_EX);
}

static void wait_in_call(pid_t pid, long number)
{
	char path[32], text[16] = "";

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	while (strtol(text, NULL, 10) != number) {
		int fd = must(open(path, O_RDONLY));

		must(read(fd, text, sizeof(text) - 1));
		must(close(fd));
		usleep(1000);
	}
}

static void waiter(void *arg)
{
	int (*wait_for_lock)(int fd) = arg;
	int fd = must(open("file", O_RDWR));

	test_ready();
	must(wait_for_lock(fd));
	check(__atomic_load_n(released, __ATOMIC_SEQ_CST), "the lock came while another process had it");
}

static void check_waiter(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0));
	check(status == 0, "a waiter ended with status %#x", status);
}

int main(int argc, char **argv)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 10 };
	pid_t posix, by_flock;
	int file;

	test_init(argc, argv);
	released = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(released != MAP_FAILED, "no shared memory");
	file = must(open("file", O_RDWR | O_CREAT, 0644));
	must(fcntl(file, F_SETLK, &lock));
	must(flock(file, LOCK_EX));
	posix = test_child(waiter, wait_posix);
	by_flock = test_child(waiter, wait_flock);
	wait_in_call(posix, SYS_fcntl);
	wait_in_call(by_flock, SYS_flock);
	test_ready();
	test_wait();
	check(waitpid(-1, NULL, WNOHANG) == 0, "a waiter has ended already");
	__atomic_store_n(released, 1, __ATOMIC_SEQ_CST);
	must(flock(file, LOCK_UN));
	lock.l_type = F_UNLCK;
	must(fcntl(file, F_SETLK, &lock));
	check_waiter(posix);
	check_waiter(by_flock);
	pass();
}
