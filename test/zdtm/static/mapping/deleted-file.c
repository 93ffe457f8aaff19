// SPDX-License-Identifier: GPL-2.0-only
/* Private and shared mappings of deleted files that no descriptor holds: unmodified pages come from the file that is made
 * again, modified private ones are the task's own; what is written to the shared one is seen through the other. */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 8

static uint8_t *map(int fd, int protection, int flags)
{
	uint8_t *memory = mmap(NULL, PAGES * TEST_PAGE, protection, flags, fd, 0);

	check(memory != MAP_FAILED, "mmap");
	return memory;
}

int main(int argc, char **argv)
{
	static uint8_t expected[PAGES * TEST_PAGE];
	uint8_t *own, *shared, *again;
	int fd;

	test_init(argc, argv);
	fd = must(open("mapped", O_RDWR | O_CREAT, 0600));
	test_fill(expected, sizeof(expected), 3);
	must(write(fd, expected, sizeof(expected)));
	own = map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	shared = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	again = map(fd, PROT_READ, MAP_SHARED);
	close(fd);
	must(unlink("mapped"));
	own[2 * TEST_PAGE] = expected[2 * TEST_PAGE] + 1;
	test_ready();
	test_wait();
	check(!memcmp(shared, expected, sizeof(expected)), "the shared mapping has other contents");
	check(own[2 * TEST_PAGE] == (uint8_t)(expected[2 * TEST_PAGE] + 1), "the private page was lost");
	own[2 * TEST_PAGE]--;
	check(!memcmp(own, expected, sizeof(expected)), "the private mapping has other contents");
	shared[5 * TEST_PAGE]++;
	check(again[5 * TEST_PAGE] == shared[5 * TEST_PAGE], "two files");
	pass();
}
