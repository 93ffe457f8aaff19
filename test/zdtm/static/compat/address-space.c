// SPDX-License-Identifier: GPL-2.0-only
/* New memory of a restored 32-bit program lies where it can be addressed, next to what it had; its heap goes on.
 *
 * flavours: compat
 * kinds: compat address_space
 * not-compared: mappings
 */
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIZE (1UL << 20)
#define NEAR (256UL << 20)

static uint8_t *map(size_t size)
{
	uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(memory != MAP_FAILED, "mmap of %zu bytes: errno %d", size, errno);
	return memory;
}

int main(int argc, char **argv)
{
	uint8_t *before, *after, *moved, *heap;
	uintptr_t distance;
	void *volatile spare;

	test_init(argc, argv);
	before = map(SIZE);
	test_fill(before, SIZE, 1);
	spare = malloc(1000); /* the C library takes its part of the heap first */
	check(spare, "no memory");
	check(sbrk(TEST_PAGE) != (void *)-1, "no heap");
	heap = sbrk(0);
	test_ready();
	test_wait();
	check(test_differs(before, SIZE, 1) < 0, "memory has changed");
	after = map(SIZE);
	distance = before > after ? before - after : after - before;
	check(distance < NEAR, "memory was mapped at %p and is now at %p", before, after);
	test_fill(after, SIZE, 2);
	moved = mremap(after, SIZE, 16 * SIZE, MREMAP_MAYMOVE);
	check(moved != MAP_FAILED && test_differs(moved, SIZE, 2) < 0, "mremap: %p", moved);
	check(sbrk(SIZE) == heap, "the heap was at %p and is at %p", heap, sbrk(0));
	test_fill(heap, SIZE, 3);
	check(test_differs(heap, SIZE, 3) < 0, "the heap has changed");
	for (int i = 0; i < 64; i++)
		check(map(16 * SIZE) != MAP_FAILED, "no more room after %d areas", i);
	pass();
}
