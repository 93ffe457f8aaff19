// SPDX-License-Identifier: GPL-2.0-only
/* Guard pages in shared memory, in shared and in private mappings of a file: they fault, for the task that made them
 * only, and what lies behind them is still there when they go.
 *
 * flavours: host ns
 * kinds: guard guard_pages
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 8
#define GUARD_INSTALL 102
#define GUARD_REMOVE 103

enum { SHARED, FILE_SHARED, FILE_PRIVATE, FILE_WRITTEN, KINDS };

static uint8_t *memory[KINDS];
static int ends[2];

static bool faults(const uint8_t *page)
{
	uint8_t byte;

	if (write(ends[1], page, 1) == -1)
		return errno == EFAULT;
	must(read(ends[0], &byte, 1));
	return false;
}

static void child(void *arg)
{
	must(madvise(memory[SHARED] + 3 * TEST_PAGE, TEST_PAGE, GUARD_REMOVE));
	test_ready();
	test_wait();
	for (int i = 0; i < PAGES; i++)
		check(!faults(memory[SHARED] + i * TEST_PAGE), "page %d of the child faults", i);
}

int main(int argc, char **argv)
{
	pid_t pid;
	int fd;

	test_init(argc, argv);
	must(pipe(ends));
	fd = must(open("mapped", O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, PAGES * TEST_PAGE));
	for (int kind = 0; kind < KINDS; kind++) {
		memory[kind] = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE,
				    kind == SHARED	  ? MAP_SHARED | MAP_ANONYMOUS
				    : kind == FILE_SHARED ? MAP_SHARED
							  : MAP_PRIVATE,
				    kind == SHARED ? -1 : fd, 0);
		check(memory[kind] != MAP_FAILED, "no memory");
	}
	test_fill(memory[SHARED], PAGES * TEST_PAGE, 1);
	test_fill(memory[FILE_SHARED], PAGES * TEST_PAGE, 2);
	memory[FILE_WRITTEN][0]++;
	for (int kind = 0; kind < KINDS; kind++)
		if (madvise(memory[kind] + 3 * TEST_PAGE, TEST_PAGE, GUARD_INSTALL) == -1)
			skip("no guard pages in files in this kernel (before 6.15)");
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	for (int kind = 0; kind < KINDS; kind++) {
		for (int i = 0; i < PAGES; i++)
			check(faults(memory[kind] + i * TEST_PAGE) == (i == 3), "page %d of kind %d", i, kind);
		must(madvise(memory[kind] + 3 * TEST_PAGE, TEST_PAGE, GUARD_REMOVE));
	}
	check(test_differs(memory[SHARED], PAGES * TEST_PAGE, 1) < 0, "shared memory has changed");
	check(test_differs(memory[FILE_SHARED], PAGES * TEST_PAGE, 2) < 0, "the file has changed");
	test_end_child(pid);
	pass();
}
