// SPDX-License-Identifier: GPL-2.0-only
/* Shared anonymous memory of which only few pages were written; the others are not stored.
 *
 * flavours: host ns
 * pages-at-most: 600
 */
#include "test.h"

#include <sys/mman.h>

#define PAGES 4096

static uint8_t *memory;

static void child(void *arg)
{
	test_ready();
	test_wait();
	memory[PAGES / 2 * TEST_PAGE] = 7;
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	for (int i = 0; i < PAGES; i += 500)
		test_fill(memory + i * TEST_PAGE, TEST_PAGE, i);
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	for (int i = 0; i < PAGES; i++) {
		if (i % 500 == 0)
			check(test_differs(memory + i * TEST_PAGE, TEST_PAGE, i) < 0, "page %d has changed", i);
		else
			check(!memory[i * TEST_PAGE + 8], "page %d is not empty", i);
	}
	test_end_child(pid);
	check(memory[PAGES / 2 * TEST_PAGE] == 7, "the child's write is not seen");
	pass();
}
