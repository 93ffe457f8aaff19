// SPDX-License-Identifier: GPL-2.0-only
/* One of many mappings has a memory policy (mbind), the last.
 *
 * flavours: host ns
 * kinds: memory_policy
 */
#include "test.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAPPINGS 200

static void expect(const uint8_t *memory)
{
	for (int i = 0; i < MAPPINGS; i++) {
		int mode;

		must(syscall(SYS_get_mempolicy, &mode, NULL, 0, memory + 2UL * i * TEST_PAGE, MPOL_F_ADDR));
		check(mode == (i == MAPPINGS - 1 ? MPOL_BIND : MPOL_DEFAULT), "mapping %d: mode %d", i, mode);
	}
}

int main(int argc, char **argv)
{
	const unsigned long nodes = 1;
	uint8_t *memory;

	test_init(argc, argv);
	memory = mmap(NULL, 2UL * MAPPINGS * TEST_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	for (int i = 0; i < MAPPINGS; i++)
		must(mprotect(memory + (2UL * i + 1) * TEST_PAGE, TEST_PAGE, PROT_READ | PROT_WRITE));
	if (syscall(SYS_mbind, memory + 2UL * (MAPPINGS - 1) * TEST_PAGE, TEST_PAGE, MPOL_BIND, &nodes, 64, 0) ==
	    -1) {
		if (errno == ENOSYS)
			skip("no memory policies in this kernel (CONFIG_NUMA)");
		fail("the policy is not taken: errno %d", errno);
	}
	expect(memory);
	test_ready();
	test_wait();
	expect(memory);
	pass();
}
