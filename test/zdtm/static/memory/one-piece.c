// SPDX-License-Identifier: GPL-2.0-only
/* 100 MiB in one piece, of which each page says where it belongs: enough for several threads to read them. None of those
 * is left in the process.
 *
 * flavours: host ns
 */
#include "test.h"

#include <sys/mman.h>
#include <sys/stat.h>

#define SIZE (100UL << 20)
#define WORDS (TEST_PAGE / sizeof(uint64_t))

int main(int argc, char **argv)
{
	struct stat threads;
	uint64_t *memory;

	test_init(argc, argv);
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	for (size_t i = 0; i < SIZE / TEST_PAGE; i++)
		memory[i * WORDS] = memory[(i + 1) * WORDS - 1] = i + 1;
	test_ready();
	test_wait();
	for (size_t i = 0; i < SIZE / TEST_PAGE; i++)
		check(memory[i * WORDS] == i + 1 && memory[(i + 1) * WORDS - 1] == i + 1,
		      "page %zu has changed", i);
	must(stat("/proc/self/task", &threads));
	check(threads.st_nlink == 3, "%lu threads", (unsigned long)threads.st_nlink - 2);
	pass();
}
