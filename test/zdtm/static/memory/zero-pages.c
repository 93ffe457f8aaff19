// SPDX-License-Identifier: GPL-2.0-only
/* A large mapping of which most pages were never written, only read, or hold zeros: those are not stored.
 *
 * flavours: host ns
 * pages-at-most: 600
 */
#include "test.h"

#include <sys/mman.h>

#define PAGES 8192

int main(int argc, char **argv)
{
	uint8_t *memory;
	unsigned int sum = 0;

	test_init(argc, argv);
	memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	must(madvise(memory, PAGES * TEST_PAGE, MADV_NOHUGEPAGE));
	for (int i = 0; i < PAGES / 4; i++)
		sum += memory[i * TEST_PAGE]; /* the shared zero page */
	for (int i = PAGES / 4; i < PAGES / 2; i++)
		memory[i * TEST_PAGE] = sum; /* a page of its own, of zeros */
	memory[(PAGES - 1) * TEST_PAGE] = 0xa5;
	test_ready();
	test_wait();
	for (int i = 0; i < PAGES; i++)
		for (int at = 0; at < 4096; at += 512)
			check(memory[i * TEST_PAGE + at] == (i == PAGES - 1 && !at ? 0xa5 : 0),
			      "page %d has changed", i);
	pass();
}
