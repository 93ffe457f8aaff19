// SPDX-License-Identifier: GPL-2.0-only
/* A memfd that is sealed against writing in the future (F_SEAL_FUTURE_WRITE) while it is mapped for writing: the
 * mapping can still be written, a child's too, and nobody gets another one. The seals are the same, the last included.
 *
 * flavours: host ns
 * kinds: shared_memory shared_memory_mapping memfd
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#define SEALS (F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static uint8_t *memory;

static void child(void *arg)
{
	test_ready();
	test_wait();
	memory[1] = 2;
}

int main(int argc, char **argv)
{
	uint8_t *reading;
	pid_t pid;
	int fd;

	test_init(argc, argv);
	fd = must(memfd_create("sealed", MFD_ALLOW_SEALING));
	must(ftruncate(fd, 4 * TEST_PAGE));
	memory = mmap(NULL, 4 * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	check(memory != MAP_FAILED, "no memory");
	if (fcntl(fd, F_ADD_SEALS, SEALS) == -1)
		skip("no such seal in this kernel (before 5.1)");
	reading = mmap(NULL, 4 * TEST_PAGE, PROT_READ, MAP_SHARED, fd, 0);
	check(reading != MAP_FAILED, "no memory to read");
	memory[0] = 1;
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	check(must(fcntl(fd, F_GET_SEALS)) == SEALS, "the seals are %x", fcntl(fd, F_GET_SEALS));
	test_end_child(pid);
	check(memory[0] == 1 && memory[1] == 2 && reading[1] == 2, "the memory has changed");
	memory[2] = 3;
	check(reading[2] == 3, "it is other memory");
	check(mprotect(reading, TEST_PAGE, PROT_READ | PROT_WRITE) == -1, "the mapping to read can be written");
	check(mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EPERM,
	      "it can be mapped for writing");
	check(pwrite(fd, "x", 1, 0) == -1 && errno == EPERM, "it can be written");
	pass();
}
