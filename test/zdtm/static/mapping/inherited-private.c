// SPDX-License-Identifier: GPL-2.0-only
/* A private mapping of a file, inherited by a child: each has its own changes, the rest comes from the file.
 *
 * flavours: host ns
 */
#include "test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 12

static uint8_t *memory;

static void verify(int divisor, uint32_t base)
{
	for (int i = 0; i < PAGES; i++) {
		uint32_t plain = i == 1 ? 500 : i, seed = i % divisor ? plain : base + i;

		check(test_differs(memory + i * TEST_PAGE, TEST_PAGE, seed) < 0, "page %d has changed", i);
	}
}

static void child(void *arg)
{
	for (int i = 0; i < PAGES; i += 2)
		test_fill(memory + i * TEST_PAGE, TEST_PAGE, 2000 + i);
	test_ready();
	test_wait();
	verify(2, 2000);
}

int main(int argc, char **argv)
{
	uint8_t buffer[TEST_PAGE];
	pid_t pid;
	int fd;

	test_init(argc, argv);
	fd = must(open("mapped", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < PAGES; i++) {
		test_fill(buffer, TEST_PAGE, i);
		must(write(fd, buffer, TEST_PAGE));
	}
	memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(memory != MAP_FAILED, "no mapping");
	close(fd);
	test_fill(memory + TEST_PAGE, TEST_PAGE, 500); /* before the fork: shared copy-on-write */
	pid = test_child(child, NULL);
	for (int i = 0; i < PAGES; i += 4)
		test_fill(memory + i * TEST_PAGE, TEST_PAGE, 3000 + i);
	test_ready();
	test_wait();
	verify(4, 3000);
	test_end_child(pid);
	pass();
}
