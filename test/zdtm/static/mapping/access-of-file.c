// SPDX-License-Identifier: GPL-2.0-only
/* Shared mappings remember how their file was opened: one of a file open for reading only cannot be made writable,
 * one of a file open for writing can, although both are for reading now.
 *
 * flavours: host ns
 * kinds: mapped_file
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static uint8_t *map(int flags, int prot)
{
	int fd = must(open("mapped", flags));
	uint8_t *memory = mmap(NULL, 2 * TEST_PAGE, prot, MAP_SHARED, fd, 0);

	check(memory != MAP_FAILED, "no mapping");
	close(fd);
	return memory;
}

int main(int argc, char **argv)
{
	uint8_t *reading, *writing, *closed;
	int fd;

	test_init(argc, argv);
	fd = must(open("mapped", O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, 2 * TEST_PAGE));
	close(fd);
	reading = map(O_RDONLY, PROT_READ);
	writing = map(O_RDWR, PROT_READ);
	closed = map(O_RDWR, PROT_NONE);
	test_ready();
	test_wait();
	check(mprotect(reading, TEST_PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES,
	      "what was opened for reading can be written");
	must(mprotect(writing, TEST_PAGE, PROT_READ | PROT_WRITE));
	must(mprotect(closed, TEST_PAGE, PROT_READ | PROT_WRITE));
	writing[5] = 7;
	closed[6] = 8;
	check(reading[5] == 7 && reading[6] == 8, "it is not the same file");
	pass();
}
