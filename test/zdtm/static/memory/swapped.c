// SPDX-License-Identifier: GPL-2.0-only
/* Pages that are swapped out keep their contents: private memory, shared memory, and private pages of a file.
 *
 * flavours: host ns
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 256
#define SIZE (PAGES * TEST_PAGE)
#define ADVICE_PAGEOUT 21 /* MADV_PAGEOUT */

enum { PRIVATE, SHARED, OF_FILE, KINDS };

static bool is_swapped(const void *memory)
{
	char value[64];

	return test_mapping_line(memory, "Swap", value, sizeof(value)) && atol(value) > 0;
}

int main(int argc, char **argv)
{
	uint8_t *memory[KINDS];
	int fd;

	test_init(argc, argv);
	fd = must(open("mapped", O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, SIZE));
	for (int i = 0; i < KINDS; i++) {
		memory[i] = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
				 (i == SHARED ? MAP_SHARED : MAP_PRIVATE) | (i == OF_FILE ? 0 : MAP_ANONYMOUS),
				 i == OF_FILE ? fd : -1, 0);
		check(memory[i] != MAP_FAILED, "no memory");
		test_fill(memory[i], SIZE, i);
		must(madvise(memory[i], SIZE, ADVICE_PAGEOUT));
		if (i != SHARED && !is_swapped(memory[i]))
			skip("nothing is swapped out on this machine");
	}
	test_ready();
	test_wait();
	for (int i = 0; i < KINDS; i++)
		check(test_differs(memory[i], SIZE, i) < 0, "memory %d has changed", i);
	pass();
}
