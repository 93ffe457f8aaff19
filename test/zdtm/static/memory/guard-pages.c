// SPDX-License-Identifier: GPL-2.0-only
/* Guard pages inside a mapping (MADV_GUARD_INSTALL) still fault, their neighbours keep their contents, and a guard can
 * be taken away.
 *
 * flavours: host ns compat
 * kinds: guard
 */
#include "test.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 32
#define GUARD_INSTALL 102 /* from 6.13 on */
#define GUARD_REMOVE 103

static int ends[2];

static bool faults(uint8_t *page)
{
	uint8_t byte;

	if (write(ends[1], page, 1) == -1)
		return errno == EFAULT;
	must(read(ends[0], &byte, 1));
	return false;
}

int main(int argc, char **argv)
{
	uint8_t *memory;

	test_init(argc, argv);
	must(pipe(ends));
	memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	for (int i = 0; i < PAGES; i++)
		test_fill(memory + i * TEST_PAGE, TEST_PAGE, i);
	if (madvise(memory + 3 * TEST_PAGE, 2 * TEST_PAGE, GUARD_INSTALL) == -1)
		skip("no guard pages in this kernel");
	must(madvise(memory + 10 * TEST_PAGE, TEST_PAGE, GUARD_INSTALL));
	test_ready();
	test_wait();
	for (int i = 0; i < PAGES; i++) {
		bool guard = i == 3 || i == 4 || i == 10;

		check(faults(memory + i * TEST_PAGE) == guard, "page %d %s", i, guard ? "does not fault" : "faults");
		check(guard || test_differs(memory + i * TEST_PAGE, TEST_PAGE, i) < 0, "page %d has changed", i);
	}
	must(madvise(memory + 10 * TEST_PAGE, TEST_PAGE, GUARD_REMOVE));
	check(!faults(memory + 10 * TEST_PAGE), "the guard cannot be removed");
	pass();
}
