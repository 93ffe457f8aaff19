// SPDX-License-Identifier: GPL-2.0-only
/* Thousands of mappings that the kernel cannot join, and holes between them.
 *
 * flavours: host ns compat
 */
#include "test.h"

#include <sys/mman.h>

#define PAGES 6000

int main(int argc, char **argv)
{
	uint8_t *memory, *page;
	uint8_t there;

	test_init(argc, argv);
	memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	for (int i = 0; i < PAGES; i++) {
		page = memory + i * TEST_PAGE;
		*(uint32_t *)page = i;
		if (i % 3 == 1)
			must(mprotect(page, TEST_PAGE, PROT_READ));
		else if (i % 3 == 2)
			must(munmap(page, TEST_PAGE));
	}
	test_ready();
	test_wait();
	for (int i = 0; i < PAGES; i++) {
		page = memory + i * TEST_PAGE;
		if (i % 3 == 2)
			check(mincore(page, TEST_PAGE, &there) == -1, "hole %d is filled", i);
		else
			check(*(uint32_t *)page == (uint32_t)i, "page %d has changed", i);
	}
	pass();
}
