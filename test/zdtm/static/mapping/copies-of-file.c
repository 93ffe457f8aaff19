// SPDX-License-Identifier: GPL-2.0-only
/* Pages of a private file mapping which a task wrote before it forked stay shared with its child and grandchild;
 * together they take as much memory as before.
 *
 * flavours: host ns
 * kinds: mapped_file
 */
#include "test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 256

static uint8_t *memory;

static void compare(long before)
{
	long now = test_proportional(memory, PAGES * TEST_PAGE);

	check(now <= before + before / 20 + 4, "a task took %ld KiB and takes %ld", before, now);
}

static void descendant(void *arg)
{
	int depth = *(int *)arg, next = depth + 1;
	pid_t pid = depth < 2 ? test_child(descendant, &next) : 0;
	long before;

	test_fill(memory + depth * 20 * TEST_PAGE, 10 * TEST_PAGE, 50 + depth);
	test_ready();
	before = test_proportional(memory, PAGES * TEST_PAGE);
	test_wait();
	compare(before);
	check(test_differs(memory + depth * 20 * TEST_PAGE, 10 * TEST_PAGE, 50 + depth) < 0, "own pages");
	check(test_differs(memory + 100 * TEST_PAGE, 100 * TEST_PAGE, 1) < 0, "shared pages");
	if (pid)
		test_end_child(pid);
}

int main(int argc, char **argv)
{
	int fd, depth = 1;
	long before;
	pid_t pid;

	test_init(argc, argv);
	fd = must(open("mapped", O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, PAGES * TEST_PAGE));
	memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(memory != MAP_FAILED, "no mapping");
	close(fd);
	test_fill(memory + 100 * TEST_PAGE, 100 * TEST_PAGE, 1);
	pid = test_child(descendant, &depth);
	before = test_proportional(memory, PAGES * TEST_PAGE);
	test_ready();
	test_wait();
	compare(before);
	check(test_differs(memory + 100 * TEST_PAGE, 100 * TEST_PAGE, 1) < 0, "shared pages");
	test_end_child(pid);
	pass();
}
