// SPDX-License-Identifier: GPL-2.0-only
/* Thirty processes with a hundred descriptors each: some open files are shared by all, some by neighbours, some
 * are a process's own. What was shared has one offset, what was not has its own.
 *
 * timeout: 60
 */
#include "test.h"

#include <fcntl.h>
#include <unistd.h>

#define TASKS 30
#define FILES 100

static int common, neighbour;

static void worker(void *arg)
{
	long number = (long)arg;
	int own[FILES];

	for (int i = 0; i < FILES; i++) {
		if (i % 4 == 0)
			own[i] = must(dup(common));
		else if (i % 4 == 1)
			own[i] = must(dup(neighbour));
		else
			own[i] = must(open("file", O_RDONLY));
		if (i % 4 > 1)
			must(lseek(own[i], number * FILES + i, SEEK_SET));
	}
	test_ready();
	test_wait();
	for (int i = 2; i < FILES; i++)
		if (i % 4 > 1)
			check(lseek(own[i], 0, SEEK_CUR) == number * FILES + i,
			      "process %ld: offset of %d is %ld", number, i, lseek(own[i], 0, SEEK_CUR));
	must(lseek(own[0], 1, SEEK_CUR));
	must(lseek(own[1], 1, SEEK_CUR));
}

int main(int argc, char **argv)
{
	int neighbours[TASKS / 2];
	pid_t pids[TASKS];

	test_init(argc, argv);
	common = must(open("file", O_RDWR | O_CREAT, 0644));
	for (long i = 0; i < TASKS; i++) {
		if (i % 2 == 0)
			neighbours[i / 2] = neighbour = must(open("file", O_RDONLY));
		pids[i] = test_child(worker, (void *)i);
	}
	test_ready();
	test_wait();
	for (int i = 0; i < TASKS; i++)
		test_end_child(pids[i]);
	check(lseek(common, 0, SEEK_CUR) == TASKS, "the common offset is %ld", lseek(common, 0, SEEK_CUR));
	for (int i = 0; i < TASKS / 2; i++)
		check(lseek(neighbours[i], 0, SEEK_CUR) == 2, "the offset of pair %d is %ld", i,
		      lseek(neighbours[i], 0, SEEK_CUR));
	pass();
}
