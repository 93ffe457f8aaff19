// SPDX-License-Identifier: GPL-2.0-only
/* A POSIX lock belongs to a descriptor table: two tasks that share theirs both have it, and a third that does not finds
 * it taken.
 *
 * flavours: host ns
 * options: --file-locks
 * kinds: file_locks
 */
#include "common.h"

#include <fcntl.h>

static struct flock whole_file(void)
{
	return (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET };
}

int main(int argc, char **argv)
{
	struct flock lock = whole_file();
	int *words, fd, other;
	pid_t pid;

	test_init(argc, argv);
	words = shared_words(2);
	fd = must(open("locked", O_RDWR | O_CREAT, 0600));
	other = must(open("locked by the child", O_RDWR | O_CREAT, 0600));
	must(fcntl(fd, F_SETLK, &lock));
	pid = fork_sharing(CLONE_FILES);
	if (!pid) {
		must(fcntl(other, F_SETLK, &lock));
		set_word(&words[0], 1);
		test_wait();
		lock = whole_file();
		must(fcntl(fd, F_SETLK, &lock));
		exit(0);
	}
	wait_word(&words[0], 1);
	test_ready();
	test_wait();
	must(fcntl(other, F_SETLK, &lock));
	must(unshare(CLONE_FILES));
	lock = whole_file();
	must(fcntl(fd, F_GETLK, &lock));
	check(lock.l_type == F_WRLCK, "the lock is lost");
	lock = whole_file();
	must(fcntl(other, F_GETLK, &lock));
	check(lock.l_type == F_WRLCK, "the child's lock is lost");
	end_sharing(pid);
	pass();
}
