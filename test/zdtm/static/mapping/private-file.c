// SPDX-License-Identifier: GPL-2.0-only
/* Private mappings of a file: pages written by the program are kept, the others come from the file.
 *
 * flavours: host ns uns
 * kinds: mapped_file
 */
#include "test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 32

int main(int argc, char **argv)
{
	uint8_t buffer[TEST_PAGE], *plain, *shifted;
	int fd;

	test_init(argc, argv);
	fd = must(open("mapped", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < PAGES; i++) {
		test_fill(buffer, TEST_PAGE, i);
		must(write(fd, buffer, TEST_PAGE));
	}
	plain = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	shifted = mmap(NULL, 4 * TEST_PAGE, PROT_READ, MAP_PRIVATE, fd, 7 * TEST_PAGE);
	check(plain != MAP_FAILED && shifted != MAP_FAILED, "no mapping");
	close(fd);
	for (int i = 0; i < PAGES; i += 3)
		test_fill(plain + i * TEST_PAGE, TEST_PAGE, 1000 + i);
	test_ready();
	test_wait();
	for (int i = 0; i < PAGES; i++)
		check(test_differs(plain + i * TEST_PAGE, TEST_PAGE, i % 3 ? i : 1000 + i) < 0,
		      "page %d has changed", i);
	for (int i = 0; i < 4; i++)
		check(test_differs(shifted + i * TEST_PAGE, TEST_PAGE, i + 7) < 0, "page %d with offset", i);
	fd = must(open("mapped", O_RDONLY));
	for (int i = 0; i < PAGES; i++) {
		must(read(fd, buffer, TEST_PAGE));
		check(test_differs(buffer, TEST_PAGE, i) < 0, "page %d of the file has changed", i);
	}
	pass();
}
