// SPDX-License-Identifier: GPL-2.0-only
/* Memory policies of mappings (mbind): each mode, with flags, of private and of shared memory; the default where none
 * was given, although the task has a policy.
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

#define SIZE (4 * TEST_PAGE)
#define NODES 1024

static const struct {
	int mode;
	unsigned long nodes;
	int map;
} kinds[] = {
	{ MPOL_BIND, 1, MAP_PRIVATE },
	{ MPOL_BIND | MPOL_F_STATIC_NODES, 1, MAP_PRIVATE },
	{ MPOL_PREFERRED, 1, MAP_PRIVATE },
	{ MPOL_INTERLEAVE, 1, MAP_SHARED },
	{ MPOL_INTERLEAVE | MPOL_F_RELATIVE_NODES, 1, MAP_PRIVATE },
	{ 4 /* MPOL_LOCAL */, 0, MAP_PRIVATE },
	{ MPOL_DEFAULT, 0, MAP_PRIVATE },
};

static void expect(size_t kind, void *address)
{
	unsigned long nodes[NODES / 64] = { 0 };
	int mode;

	must(syscall(SYS_get_mempolicy, &mode, nodes, NODES, address, MPOL_F_ADDR));
	check(mode == kinds[kind].mode && nodes[0] == kinds[kind].nodes,
	      "policy %zu is mode %x, nodes %lx, not mode %x, nodes %lx", kind, mode, nodes[0],
	      kinds[kind].mode, kinds[kind].nodes);
}

int main(int argc, char **argv)
{
	uint8_t *memory[ARRAY_SIZE(kinds)];

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		unsigned long nodes[NODES / 64] = { kinds[i].nodes };

		memory[i] = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, kinds[i].map | MAP_ANONYMOUS, -1, 0);
		check(memory[i] != MAP_FAILED, "no memory");
		must(mprotect(memory[i] + SIZE, SIZE, PROT_NONE));
		test_fill(memory[i], SIZE, i);
		if (syscall(SYS_mbind, memory[i], SIZE, kinds[i].mode, kinds[i].nodes ? nodes : NULL,
			    kinds[i].nodes ? NODES : 0, 0) == -1) {
			if (errno == ENOSYS)
				skip("no memory policies in this kernel (CONFIG_NUMA)");
			fail("policy %zu is not taken: errno %d", i, errno);
		}
		expect(i, memory[i]);
	}
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		expect(i, memory[i]);
		check(test_differs(memory[i], SIZE, i) < 0, "memory %zu has changed", i);
	}
	pass();
}
