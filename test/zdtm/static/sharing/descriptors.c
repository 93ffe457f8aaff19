// SPDX-License-Identifier: GPL-2.0-only
/* A child that shares the descriptor table (CLONE_FILES): what one opens or closes, the other has or lacks.
 *
 * flavours: host ns
 */
#include "common.h"

#include <fcntl.h>

static int first, second;
static int *words;

static void child(void)
{
	set_word(&words[0], 1);
	test_wait();
	/* The parent opened a file and says where. */
	wait_word(&words[1], 1);
	check(fcntl(words[2], F_GETFD) >= 0, "descriptor %d of the parent is not ours", words[2]);
	must(close(first));
	exit(0);
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	words = shared_words(4);
	first = must(open("first", O_RDWR | O_CREAT, 0600));
	second = must(open("second", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	must(write(first, "some", 4));
	pid = fork_sharing(CLONE_FILES);
	if (!pid)
		child();
	wait_word(&words[0], 1);
	test_ready();
	test_wait();
	check(is_shared(getpid(), pid, KCMP_FILES), "the descriptor table is not shared any more");
	check(!is_shared(getpid(), pid, KCMP_FS), "directories are shared now");
	check(lseek(first, 0, SEEK_CUR) == 4, "the offset of the file is lost");
	check(fcntl(second, F_GETFD) == FD_CLOEXEC, "close-on-exec is lost");
	words[2] = must(open("third", O_RDWR | O_CREAT, 0600));
	set_word(&words[1], 1);
	end_sharing(pid);
	check(fcntl(first, F_GETFD) < 0, "what the child closed is still open here");
	pass();
}
