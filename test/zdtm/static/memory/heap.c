// SPDX-License-Identifier: GPL-2.0-only
/* The break goes on from where it was: contents stay, it grows and shrinks.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

#define SIZE (50 * TEST_PAGE + 123)

int main(int argc, char **argv)
{
	uint8_t *start, *more;
	void *volatile spare;

	test_init(argc, argv);
	spare = malloc(1000); /* the C library takes its part of the heap first */
	check(spare, "no memory");
	start = sbrk(SIZE);
	check(start != (void *)-1, "no heap");
	test_fill(start, SIZE, 6);
	test_ready();
	test_wait();
	check(sbrk(0) == start + SIZE, "the break was %p and is %p", start + SIZE, sbrk(0));
	check(test_differs(start, SIZE, 6) < 0, "the heap has changed");
	more = sbrk(SIZE);
	check(more == start + SIZE, "the heap goes on at %p", more);
	test_fill(more, SIZE, 7);
	check(test_differs(start, SIZE, 6) < 0 && test_differs(more, SIZE, 7) < 0, "the grown heap has changed");
	must(brk(start));
	pass();
}
