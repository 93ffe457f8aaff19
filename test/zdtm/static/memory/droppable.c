// SPDX-License-Identifier: GPL-2.0-only
/* Memory that the kernel may drop (MAP_DROPPABLE): the mapping is there and of its kind, the contents need not be.
 *
 * flavours: host ns
 */
#include "test.h"

#include <sys/mman.h>

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif
#define PAGES 8

int main(int argc, char **argv)
{
	uint8_t *memory;

	test_init(argc, argv);
	memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_DROPPABLE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		skip("no MAP_DROPPABLE in this kernel (before 6.11)");
	for (int i = 0; i < PAGES; i++)
		memory[i * TEST_PAGE] = 1;
	test_ready();
	test_wait();
	check(test_mapping_has(memory, "dp") && test_mapping_has(memory, "wf") && test_mapping_has(memory, "nr"),
	      "it is not droppable any more");
	for (int i = 0; i < PAGES; i++) {
		check(memory[i * TEST_PAGE] <= 1, "page %d has foreign contents", i);
		memory[i * TEST_PAGE] = 2;
		check(memory[i * TEST_PAGE] == 2 || !memory[i * TEST_PAGE], "page %d cannot be used", i);
	}
	pass();
}
