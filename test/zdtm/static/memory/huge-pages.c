// SPDX-License-Identifier: GPL-2.0-only
/* Transparent huge pages, full, half unmapped and partly written after a fork, keep their contents.
 *
 * flavours: host ns
 */
#include "test.h"

#include <sys/mman.h>

#define HUGE (2UL << 20)

static uint8_t *memory;

static void child(void *arg)
{
	test_fill(memory + HUGE, 3 * TEST_PAGE, 9);
	test_ready();
	test_wait();
	check(test_differs(memory + HUGE, 3 * TEST_PAGE, 9) < 0, "the child's pages have changed");
	check(test_differs(memory, HUGE, 1) < 0, "pages of the child that were not written have changed");
}

int main(int argc, char **argv)
{
	uint8_t *space;
	pid_t pid;

	test_init(argc, argv);
	space = mmap(NULL, 5 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(space != MAP_FAILED, "no memory");
	memory = (uint8_t *)(((uintptr_t)space + HUGE - 1) & ~(HUGE - 1));
	must(madvise(memory, 3 * HUGE, MADV_HUGEPAGE));
	for (int i = 0; i < 3; i++)
		test_fill(memory + i * HUGE, HUGE, i + 1);
	must(munmap(memory + 2 * HUGE + HUGE / 2, HUGE / 4));
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	check(test_differs(memory, HUGE, 1) < 0 && test_differs(memory + HUGE, HUGE, 2) < 0, "pages have changed");
	check(test_differs(memory + 2 * HUGE, HUGE / 2, 3) < 0, "the page with a hole has changed");
	test_end_child(pid);
	pass();
}
