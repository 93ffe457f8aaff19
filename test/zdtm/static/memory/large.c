// SPDX-License-Identifier: GPL-2.0-only
/* 64 MiB of memory, written in runs of different length with holes between them.
 *
 * flavours: host ns
 */
#include "test.h"

#include <sys/mman.h>

#define PAGES 16384

static bool is_written(int page)
{
	return page * 2654435761u % 7 < 5;
}

int main(int argc, char **argv)
{
	uint8_t *memory;

	test_init(argc, argv);
	memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	for (int i = 0; i < PAGES; i++)
		if (is_written(i))
			test_fill(memory + i * TEST_PAGE, TEST_PAGE, i);
	test_ready();
	test_wait();
	for (int i = 0; i < PAGES; i++)
		check(is_written(i) ? test_differs(memory + i * TEST_PAGE, TEST_PAGE, i) < 0
				    : !memory[i * TEST_PAGE + 99],
		      "page %d has changed", i);
	pass();
}
