// SPDX-License-Identifier: GPL-2.0-only
/* A mapping that grows downwards on demand still does so.
 *
 * flavours: host ns compat
 */
#include "test.h"

#include <sys/mman.h>

int main(int argc, char **argv)
{
	uint8_t *space, *top;

	test_init(argc, argv);
	/* Room below: the kernel keeps a guard gap of 256 pages to the next mapping. */
	space = mmap(NULL, 1024 * TEST_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(space != MAP_FAILED, "no space");
	top = space + 1020 * TEST_PAGE;
	must(munmap(space, 1024 * TEST_PAGE));
	top = mmap(top, 2 * TEST_PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0);
	check(top != MAP_FAILED, "no mapping");
	top[0] = 1;
	top[-1] = 2;
	test_ready();
	test_wait();
	check(top[0] == 1 && top[-1] == 2, "the contents have changed");
	for (int i = 1; i < 100; i++)
		top[-i * (int)TEST_PAGE] = i;
	for (int i = 2; i < 100; i++)
		check(top[-i * (int)TEST_PAGE] == i, "grown page %d has changed", i);
	pass();
}
