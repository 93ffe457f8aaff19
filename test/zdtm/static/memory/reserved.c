// SPDX-License-Identifier: GPL-2.0-only
/* 100 GiB of reserved memory, of which a few pages far from each other were touched, cost no more than those pages:
 * without access, without reservation (MAP_NORESERVE), and shared.
 *
 * flavours: host ns
 * pages-at-most: 700
 * timeout: 30
 */
#include "test.h"

#include <sys/mman.h>

#define GIB (1UL << 30)
#define SIZE (100 * GIB)
#define TOUCHED 20

static uint8_t *reserve(int prot, int flags)
{
	uint8_t *memory = mmap(NULL, SIZE, prot, flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	check(memory != MAP_FAILED, "no memory");
	must(madvise(memory, SIZE, MADV_NOHUGEPAGE));
	return memory;
}

static void touch(uint8_t *memory, int seed)
{
	for (int i = 0; i < TOUCHED; i++)
		test_fill(memory + i * 5 * GIB + i * TEST_PAGE, TEST_PAGE, seed + i);
}

static void verify(uint8_t *memory, int seed)
{
	for (int i = 0; i < TOUCHED; i++) {
		uint8_t *page = memory + i * 5 * GIB + i * TEST_PAGE;

		check(test_differs(page, TEST_PAGE, seed + i) < 0, "page %d of %d has changed", i, seed);
		check(!page[TEST_PAGE], "page %d of %d is followed by something", i, seed);
	}
}

int main(int argc, char **argv)
{
	uint8_t *untouched, *closed, *private, *shared;

	test_init(argc, argv);
	untouched = reserve(PROT_NONE, MAP_PRIVATE);
	closed = reserve(PROT_READ | PROT_WRITE, MAP_PRIVATE);
	private = reserve(PROT_READ | PROT_WRITE, MAP_PRIVATE);
	shared = reserve(PROT_READ | PROT_WRITE, MAP_SHARED);
	touch(closed, 100);
	must(mprotect(closed, SIZE, PROT_NONE));
	touch(private, 200);
	touch(shared, 300);
	test_ready();
	test_wait();
	check(test_mapping_has(private, "nr") && test_mapping_has(closed, "nr"), "the memory is reserved now");
	must(mprotect(closed, SIZE, PROT_READ | PROT_WRITE));
	verify(closed, 100);
	verify(private, 200);
	verify(shared, 300);
	must(mprotect(untouched, SIZE, PROT_READ | PROT_WRITE));
	check(!untouched[50 * GIB], "untouched memory has contents");
	pass();
}
