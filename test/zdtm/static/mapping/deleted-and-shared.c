// SPDX-License-Identifier: GPL-2.0-only
/* Mappings of files that have been deleted, shared and private, by two tasks: contents, changes that both see, pages
 * that one has for itself, and a file that nobody has open any more. Of a disk and of /dev/shm.
 *
 * flavours: host ns
 * kinds: mapped_file
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 8
#define SIZE (PAGES * TEST_PAGE)

static uint8_t *shared[2], *private[2];

static uint8_t *map(int fd, int flags)
{
	uint8_t *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, fd, 0);

	check(memory != MAP_FAILED, "no mapping");
	return memory;
}

static void child(void *arg)
{
	private[0][5 * TEST_PAGE] = 50;
	test_ready();
	test_wait();
	for (int i = 0; i < 2; i++)
		shared[i][TEST_PAGE + i] = 90;
	check(private[0][5 * TEST_PAGE] == 50, "the child's own page has changed");
}

int main(int argc, char **argv)
{
	char names[2][64] = { "deleted" };
	pid_t pid;

	test_init(argc, argv);
	snprintf(names[1], sizeof(names[1]), "/dev/shm/zdtm-deleted-%d", getpid());
	for (int i = 0; i < 2; i++) {
		int fd = must(open(names[i], O_RDWR | O_CREAT, 0600));

		must(ftruncate(fd, SIZE));
		shared[i] = map(fd, MAP_SHARED);
		private[i] = map(fd, MAP_PRIVATE);
		must(unlink(names[i]));
		close(fd);
		test_fill(shared[i], SIZE, i);
		test_fill(private[i] + 2 * TEST_PAGE, TEST_PAGE, 7);
	}
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	for (int i = 0; i < 2; i++) {
		check(test_differs(private[i] + 2 * TEST_PAGE, TEST_PAGE, 7) < 0, "own page of %d has changed", i);
		check(test_differs(private[i], TEST_PAGE, i) < 0, "page of the file %d has changed", i);
		check(test_differs(shared[i], TEST_PAGE, i) < 0, "file %d has changed", i);
		check(access(names[i], F_OK) == -1, "file %d has a name", i);
	}
	test_end_child(pid);
	for (int i = 0; i < 2; i++) {
		check(shared[i][TEST_PAGE + i] == 90, "what the child wrote to %d is not seen", i);
		check(private[i][TEST_PAGE + i] == 90, "the private mapping is not of file %d", i);
	}
	pass();
}
