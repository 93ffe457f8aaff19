// SPDX-License-Identifier: GPL-2.0-only
/* A POSIX lock set by a thread with a descriptor table of its own, and in that a pipe.
 *
 * refuses: descriptor table of its own, and in it a locked file; where only files and directories
 * options: --file-locks
 * kinds: unsupported
 */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

static int locked;

static void *locker(void *arg)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd, ends[2];

	must(unshare(CLONE_FILES));
	test_leave_starter();
	fd = must(open("locked", O_RDWR | O_CREAT, 0600));
	must(fcntl(fd, F_SETLK, &lock));
	must(pipe(ends));
	__atomic_store_n(&locked, 1, __ATOMIC_SEQ_CST);
	for (;;)
		pause();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	check(!pthread_create(&thread, NULL, locker, NULL), "no thread");
	while (!__atomic_load_n(&locked, __ATOMIC_SEQ_CST))
		usleep(1000);
	test_ready();
	test_wait();
	pass();
}
