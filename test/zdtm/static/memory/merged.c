// SPDX-License-Identifier: GPL-2.0-only
/* Pages which the kernel has merged, because they are equal (KSM), have their contents, and are each task's own to
 * write.
 *
 * flavours: host ns
 */
#include "test.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 64
#define WAIT_STEPS 10000 /* steps of a millisecond */

static long read_number(const char *path)
{
	FILE *stream = fopen(path, "re");
	long number = -1;

	if (stream && fscanf(stream, "%ld", &number) != 1)
		number = -1;
	if (stream)
		fclose(stream);
	return number;
}

int main(int argc, char **argv)
{
	uint8_t *memory;

	test_init(argc, argv);
	if (read_number("/sys/kernel/mm/ksm/run") != 1)
		skip("pages are not merged on this machine (ksm/run)");
	memory = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	must(madvise(memory, PAGES * TEST_PAGE, MADV_NOHUGEPAGE));
	must(madvise(memory, PAGES * TEST_PAGE, MADV_MERGEABLE));
	for (int i = 0; i < PAGES; i++)
		test_fill(memory + i * TEST_PAGE, TEST_PAGE, 3);
	for (int left = WAIT_STEPS; read_number("/proc/self/ksm_merging_pages") < PAGES / 2; left--) {
		if (!left || read_number("/proc/self/ksm_merging_pages") < 0)
			skip("pages are merged too slowly, or the kernel does not tell");
		usleep(1000);
	}
	test_ready();
	test_wait();
	for (int i = 0; i < PAGES; i++)
		check(test_differs(memory + i * TEST_PAGE, TEST_PAGE, 3) < 0, "page %d has changed", i);
	memory[0] ^= 1;
	check(test_differs(memory + TEST_PAGE, TEST_PAGE, 3) < 0, "a page has changed with another");
	check(test_mapping_has(memory, "mg"), "the memory is not merged any more");
	pass();
}
