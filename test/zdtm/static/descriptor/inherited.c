// SPDX-License-Identifier: GPL-2.0-only
/* An open file that parent, child and grandchild inherited has one offset for all, under whatever number.
 *
 * flavours: host ns uns
 */
#include "test.h"

#include <fcntl.h>
#include <unistd.h>

static int file;

static void grandchild(void *arg)
{
	int moved = must(dup2(file, 33));

	close(file);
	test_ready();
	test_wait();
	check(lseek(moved, 0, SEEK_CUR) == 1000, "the grandchild sees offset %ld", lseek(moved, 0, SEEK_CUR));
	must(lseek(moved, 2000, SEEK_SET));
}

static void child(void *arg)
{
	pid_t pid = test_child(grandchild, NULL);

	/* This one does not hold the file any more, so it cannot be passed on by fork alone. */
	close(file);
	test_ready();
	test_wait();
	test_end_child(pid);
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	file = must(open("file", O_RDWR | O_CREAT, 0644));
	must(lseek(file, 10, SEEK_SET));
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	check(lseek(file, 0, SEEK_CUR) == 10, "the offset is %ld", lseek(file, 0, SEEK_CUR));
	must(lseek(file, 1000, SEEK_SET));
	test_end_child(pid);
	check(lseek(file, 0, SEEK_CUR) == 2000, "the parent sees offset %ld", lseek(file, 0, SEEK_CUR));
	pass();
}
