// SPDX-License-Identifier: GPL-2.0-only
/* Memory is mapped, written, protected and unmapped all the time; what is there is right after each dump.
 *
 * flavours: host ns compat
 * not-compared: mappings
 */
#include "test.h"

#include <stdlib.h>
#include <sys/mman.h>

#define SLOTS 32
#define SIZE (16 * TEST_PAGE)

int main(int argc, char **argv)
{
	uint8_t *slot[SLOTS] = {};
	uint32_t seed[SLOTS] = {}, number = 1;

	test_init(argc, argv);
	test_ready();
	while (!test_stopped()) {
		int i = rand() % SLOTS;

		if (slot[i]) {
			check(test_differs(slot[i], SIZE, seed[i]) < 0, "slot %d has changed", i);
			must(munmap(slot[i], SIZE));
			slot[i] = NULL;
			continue;
		}
		slot[i] = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		check(slot[i] != MAP_FAILED, "no memory");
		seed[i] = number++;
		test_fill(slot[i], SIZE, seed[i]);
		if (number % 3)
			must(mprotect(slot[i], SIZE, PROT_READ));
	}
	for (int i = 0; i < SLOTS; i++)
		check(!slot[i] || test_differs(slot[i], SIZE, seed[i]) < 0, "slot %d has changed", i);
	pass();
}
