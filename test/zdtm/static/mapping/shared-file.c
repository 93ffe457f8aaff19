// SPDX-License-Identifier: GPL-2.0-only
/* Shared mappings of a file: writes of one task are seen in the file and by the other task.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 8

static uint8_t *map(int flags, int protection)
{
	int fd = must(open("mapped", flags | O_CLOEXEC));
	uint8_t *memory = mmap(NULL, PAGES * TEST_PAGE, protection, MAP_SHARED, fd, 0);

	check(memory != MAP_FAILED, "no mapping");
	close(fd);
	return memory;
}

static void reader(void *arg)
{
	uint8_t *memory = map(O_RDONLY, PROT_READ);

	test_ready();
	test_wait();
	for (int left = 500; memory[0] != 0x77; left--) {
		check(left, "the parent's write is not seen");
		usleep(10000);
	}
	check(test_differs(memory + TEST_PAGE, TEST_PAGE, 2) < 0, "the second page has changed");
	check(mprotect(memory, TEST_PAGE, PROT_READ | PROT_WRITE) == -1, "a read-only file can be written");
}

int main(int argc, char **argv)
{
	uint8_t *memory, byte;
	pid_t pid;
	int fd;

	test_init(argc, argv);
	fd = must(open("mapped", O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, PAGES * TEST_PAGE));
	memory = map(O_RDWR, PROT_READ | PROT_WRITE);
	test_fill(memory + TEST_PAGE, TEST_PAGE, 2);
	pid = test_child(reader, NULL);
	test_ready();
	test_wait();
	check(test_differs(memory + TEST_PAGE, TEST_PAGE, 2) < 0, "the second page has changed");
	memory[0] = 0x77;
	must(pread(fd, &byte, 1, 0));
	check(byte == 0x77, "the file does not see a write");
	test_end_child(pid);
	pass();
}
