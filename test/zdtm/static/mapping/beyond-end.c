// SPDX-License-Identifier: GPL-2.0-only
/* Mappings that reach beyond the end of their file, or begin behind it, shared and private: what is there has its
 * contents, what lies behind raises SIGBUS, and is there as soon as the file grows. Of a file on a disk and one in
 * /dev/shm.
 *
 * flavours: host ns
 * kinds: mapped_file
 */
#include "test.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 8
#define THERE 3

static sigjmp_buf back;

static void on_fault(int signal)
{
	siglongjmp(back, 1);
}

static bool can_read(volatile uint8_t *page)
{
	if (sigsetjmp(back, 1))
		return false;
	return *page != 1;
}

static uint8_t *map(int fd, int flags, off_t page)
{
	uint8_t *memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, flags, fd, page * TEST_PAGE);

	check(memory != MAP_FAILED, "no mapping");
	return memory;
}

static void verify(uint8_t *memory, int page)
{
	for (int i = 0; i < PAGES; i++)
		check(can_read(memory + i * TEST_PAGE) == (i + page < THERE), "page %d of %d", i, page);
}

int main(int argc, char **argv)
{
	uint8_t *memory[2][3];
	char names[2][64] = { "mapped" };
	int fds[2];

	test_init(argc, argv);
	snprintf(names[1], sizeof(names[1]), "/dev/shm/zdtm-beyond-end-%d", getpid());
	check(signal(SIGBUS, on_fault) != SIG_ERR, "no handler");
	for (int i = 0; i < 2; i++) {
		fds[i] = must(open(names[i], O_RDWR | O_CREAT, 0600));
		must(ftruncate(fds[i], PAGES * TEST_PAGE));
		memory[i][0] = map(fds[i], MAP_SHARED, 0);
		memory[i][1] = map(fds[i], MAP_PRIVATE, 0);
		memory[i][2] = map(fds[i], MAP_SHARED, PAGES + 4);
		test_fill(memory[i][0], THERE * TEST_PAGE, i);
		/* A page that the task has written, which is lost when its place in the file goes. */
		memory[i][1][5 * TEST_PAGE] = 77;
		memory[i][1][2 * TEST_PAGE] = 77;
		must(ftruncate(fds[i], THERE * TEST_PAGE));
	}
	test_ready();
	test_wait();
	for (int i = 0; i < 2; i++) {
		verify(memory[i][0], 0);
		verify(memory[i][1], 0);
		verify(memory[i][2], PAGES + 4);
		check(test_differs(memory[i][0], THERE * TEST_PAGE, i) < 0, "the contents have changed");
		check(memory[i][1][2 * TEST_PAGE] == 77, "the private page has changed");
		must(ftruncate(fds[i], (PAGES + 5) * TEST_PAGE));
		check(can_read(memory[i][0] + 7 * TEST_PAGE) && can_read(memory[i][2]), "the file does not grow");
		must(unlink(names[i]));
	}
	pass();
}
