// SPDX-License-Identifier: GPL-2.0-only
/* The stack keeps its contents, and still grows downwards when more of it is needed.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <string.h>

__attribute__((noinline)) static int deep(int levels)
{
	volatile char frame[16384];

	memset((char *)frame, levels, sizeof(frame));
	if (levels)
		check(deep(levels - 1) == levels - 1, "level %d is wrong", levels - 1);
	check(frame[0] == (char)levels && frame[16383] == (char)levels, "the frame of level %d has changed", levels);
	return levels;
}

int main(int argc, char **argv)
{
	char here[20000];

	test_init(argc, argv);
	test_fill(here, sizeof(here), 5);
	test_ready();
	test_wait();
	check(test_differs(here, sizeof(here), 5) < 0, "the stack has changed");
	deep(300); /* 4.8 MiB */
	pass();
}
