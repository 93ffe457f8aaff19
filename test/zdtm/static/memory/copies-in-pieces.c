// SPDX-License-Identifier: GPL-2.0-only
/* Memory that a child has from its parent stays shared although the child has cut it in pieces: another protection or
 * advice in the middle, a part unmapped, the head given back. Parent, child and grandchild together take as much
 * memory as before.
 *
 * flavours: host ns
 * kinds: anonymous
 */
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

#define PAGES 512
#define PIECES 8
#define PIECE (PAGES / PIECES)

static uint8_t *memory;

static uint8_t *piece(int number)
{
	return memory + number * PIECE * TEST_PAGE;
}

static void compare(const char *who, long before)
{
	long now = test_proportional(memory, PAGES * TEST_PAGE);

	check(now <= before + before / 20 + 4, "the %s took %ld KiB and takes %ld", who, before, now);
}

static void verify(int first, int but)
{
	for (int i = first; i < PIECES; i++) {
		if (i != but && i != 4)
			check(test_differs(piece(i), PIECE * TEST_PAGE, i) < 0, "piece %d has changed", i);
	}
}

static void grandchild(void *arg)
{
	long before;

	must(madvise(piece(6), PIECE * TEST_PAGE, MADV_DONTFORK));
	must(mprotect(piece(2), PIECE * TEST_PAGE, PROT_READ | PROT_WRITE));
	test_fill(piece(2), 5 * TEST_PAGE, 90);
	test_ready();
	before = test_proportional(memory, PAGES * TEST_PAGE);
	test_wait();
	compare("grandchild", before);
	verify(1, 2);
	check(test_differs(piece(2), 5 * TEST_PAGE, 90) < 0, "own pages");
}

static void child(void *arg)
{
	long before;
	pid_t pid;

	must(munmap(piece(0), PIECE * TEST_PAGE));
	must(mprotect(piece(2), PIECE * TEST_PAGE, PROT_READ));
	must(munmap(piece(4), PIECE * TEST_PAGE));
	must(madvise(piece(5), PIECE * TEST_PAGE, MADV_DONTDUMP));
	pid = test_child(grandchild, NULL);
	test_ready();
	before = test_proportional(memory, PAGES * TEST_PAGE);
	test_wait();
	compare("child", before);
	verify(1, 0);
	test_end_child(pid);
}

int main(int argc, char **argv)
{
	long before;
	pid_t pid;

	test_init(argc, argv);
	memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	must(madvise(memory, PAGES * TEST_PAGE, MADV_NOHUGEPAGE));
	for (int i = 0; i < PIECES; i++)
		test_fill(piece(i), PIECE * TEST_PAGE, i);
	pid = test_child(child, NULL);
	before = test_proportional(memory, PAGES * TEST_PAGE);
	test_ready();
	test_wait();
	compare("parent", before);
	verify(0, 4);
	check(test_differs(piece(4), PIECE * TEST_PAGE, 4) < 0, "piece 4 has changed");
	test_end_child(pid);
	pass();
}
