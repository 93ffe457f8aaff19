// SPDX-License-Identifier: GPL-2.0-only
/* Sealed memory (mseal) is refused: it could not be put into place, nor taken away.
 *
 * refuses: sealed by mseal
 * kinds: anonymous
 */
#include "test.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

int main(int argc, char **argv)
{
	uint8_t *memory;

	test_init(argc, argv);
	memory = mmap(NULL, 4 * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	if (syscall(SYS_mseal, memory, 4 * TEST_PAGE, 0) == -1)
		skip("memory cannot be sealed by this kernel (before 6.10)");
	if (!test_mapping_has(memory, "sl"))
		skip("this kernel does not tell sealed memory (before 6.12)");
	memory[0] = 9;
	test_ready();
	test_wait();
	check(munmap(memory, TEST_PAGE) == -1 && errno == EPERM && memory[0] == 9, "it is not sealed any more");
	pass();
}
