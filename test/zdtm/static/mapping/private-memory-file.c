// SPDX-License-Identifier: GPL-2.0-only
/* Private mappings of a memfd: pages that were written are the task's own, the others are those of the object, also
 * when the object changes after the restore. A child shares what it has not written.
 *
 * flavours: host ns uns
 * kinds: private_memory_mapping
 */
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

#define PAGES 16

static uint8_t *private, *object;

static void verify(int own, int seed)
{
	for (int i = 0; i < PAGES; i++)
		check(test_differs(private + i * TEST_PAGE, TEST_PAGE, i % 4 == own ? seed : i) < 0,
		      "page %d has changed", i);
}

static void child(void *arg)
{
	for (int i = 1; i < PAGES; i += 4)
		test_fill(private + i * TEST_PAGE, TEST_PAGE, 200);
	test_ready();
	test_wait();
	for (int i = 0; i < PAGES; i++)
		check(test_differs(private + i * TEST_PAGE, TEST_PAGE,
				   i % 4 == 1 ? 200
				   : i % 4    ? i
					      : 100) < 0,
		      "page %d of the child has changed", i);
}

int main(int argc, char **argv)
{
	int fd;
	pid_t pid;

	test_init(argc, argv);
	fd = must(memfd_create("object", 0));
	must(ftruncate(fd, PAGES * TEST_PAGE));
	object = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(object != MAP_FAILED && private != MAP_FAILED, "no memory");
	close(fd);
	for (int i = 0; i < PAGES; i++)
		test_fill(object + i * TEST_PAGE, TEST_PAGE, i);
	for (int i = 0; i < PAGES; i += 4)
		test_fill(private + i * TEST_PAGE, TEST_PAGE, 100);
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	verify(0, 100);
	test_end_child(pid);
	for (int i = 0; i < PAGES; i++)
		check(test_differs(object + i * TEST_PAGE, TEST_PAGE, i) < 0,
		      "page %d of the object has changed", i);
	object[5 * TEST_PAGE] ^= 1;
	check(private[5 * TEST_PAGE] == object[5 * TEST_PAGE], "the mapping is not of the object any more");
	object[4 * TEST_PAGE] = 99;
	check(test_differs(private + 4 * TEST_PAGE, TEST_PAGE, 100) < 0, "an own page is not the task's own");
	pass();
}
