// SPDX-License-Identifier: GPL-2.0-only
/* Pages that parent, child and grandchild share copy-on-write stay shared; those that one of them wrote do not.
 *
 * flavours: host ns compat
 */
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

#define PAGES 64
#define OWN 8 /* the first pages are written by everyone */

static uint8_t *memory;

static void verify(uint32_t seed)
{
	check(test_differs(memory, OWN * TEST_PAGE, seed) < 0, "own pages of %u have changed", seed);
	check(test_differs(memory + OWN * TEST_PAGE, (PAGES - OWN) * TEST_PAGE, 4) < 0, "shared pages have changed");
}

static void grandchild(void *arg)
{
	test_fill(memory, OWN * TEST_PAGE, 3);
	test_ready();
	test_wait();
	verify(3);
}

static pid_t below;

static void child(void *arg)
{
	test_fill(memory, OWN * TEST_PAGE, 2);
	below = test_child(grandchild, NULL);
	test_ready();
	test_wait();
	test_end_child(below);
	verify(2);
}

static int shared_pages(pid_t pid)
{
	int shared = 0;

	for (int i = 0; i < PAGES; i++) {
		uint64_t mine = test_page_entry(getpid(), memory + i * TEST_PAGE);
		uint64_t theirs = test_page_entry(pid, memory + i * TEST_PAGE);

		check(mine && theirs, "page %d is not there", i);
		if (mine == theirs)
			shared++;
	}
	return shared;
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	must(madvise(memory, PAGES * TEST_PAGE, MADV_NOHUGEPAGE));
	test_fill(memory, OWN * TEST_PAGE, 1);
	test_fill(memory + OWN * TEST_PAGE, (PAGES - OWN) * TEST_PAGE, 4);
	pid = test_child(child, NULL);
	check(shared_pages(pid) == PAGES - OWN, "%d pages are shared at the start", shared_pages(pid));
	test_ready();
	test_wait();
	verify(1);
	check(shared_pages(pid) == PAGES - OWN, "%d of %d pages are shared", shared_pages(pid), PAGES - OWN);
	test_end_child(pid);
	pass();
}
