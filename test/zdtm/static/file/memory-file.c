// SPDX-License-Identifier: GPL-2.0-only
/* A memfd: name, contents, seals and offset; mapped by two tasks, by one of them only to read, opened a second
 * time, and one of which only the mapping is left.
 *
 * flavours: host ns
 * kinds: memfd
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (8 * TEST_PAGE)
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW)

static int file;

static uint8_t *map(int fd, int protection)
{
	uint8_t *memory = mmap(NULL, SIZE, protection, MAP_SHARED, fd, 0);

	check(memory != MAP_FAILED, "no mapping");
	return memory;
}

static void child(void *arg)
{
	uint8_t *memory = map(file, PROT_READ);

	test_ready();
	test_wait();
	check(test_differs(memory, TEST_PAGE, 40) < 0, "the first page has changed");
	check(memory[2 * TEST_PAGE] == 0x77, "the parent's write is not seen: %#x", memory[2 * TEST_PAGE]);
}

int main(int argc, char **argv)
{
	uint8_t *memory, *lonely, byte;
	char name[64] = "";
	int again, gone;
	pid_t pid;

	test_init(argc, argv);
	file = must(memfd_create("a name with blanks", MFD_ALLOW_SEALING | MFD_CLOEXEC));
	must(ftruncate(file, SIZE));
	must(fcntl(file, F_ADD_SEALS, SEALS));
	memory = map(file, PROT_READ | PROT_WRITE);
	test_fill(memory, SIZE, 40);
	must(lseek(file, 123, SEEK_SET));
	again = must(open("/proc/self/fd/3", O_RDONLY));
	gone = must(memfd_create("gone", 0));
	must(ftruncate(gone, SIZE));
	lonely = map(gone, PROT_READ | PROT_WRITE);
	test_fill(lonely, SIZE, 60);
	close(gone);
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	check(test_differs(memory, SIZE, 40) < 0 && test_differs(lonely, SIZE, 60) < 0, "the contents have changed");
	must(readlink("/proc/self/fd/3", name, sizeof(name) - 1));
	check(!strcmp(name, "/memfd:a name with blanks (deleted)"), "the name is '%s'", name);
	check(lseek(file, 0, SEEK_CUR) == 123 && !lseek(again, 0, SEEK_CUR), "the offsets have changed");
	check(fcntl(file, F_GETFD) == FD_CLOEXEC && fcntl(file, F_GET_SEALS) == SEALS,
	      "seals or flags have changed");
	check(ftruncate(file, 0) == -1 && errno == EPERM, "the seals do not hold");
	memory[2 * TEST_PAGE] = 0x77;
	check(pread(again, &byte, 1, 2 * TEST_PAGE) == 1 && byte == 0x77, "the second descriptor is another file");
	check(write(again, &byte, 1) == -1, "the second descriptor can be written");
	test_end_child(pid);
	pass();
}
