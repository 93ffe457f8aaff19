// SPDX-License-Identifier: GPL-2.0-only
/* Shared anonymous memory of a parent, its children and a grandchild: contents, and still one memory for all. Parts
 * of it are mapped at other places, with other protections, or only by a task that did not make it.
 *
 * flavours: host ns uns compat
 * kinds: shared_memory shared_memory_mapping
 */
#include "test.h"

#include <sys/mman.h>
#include <unistd.h>

#define PAGES 16

static uint8_t *memory;

/* Tasks of two branches, which are related by the root only, answer through the memory. */
static void await(int at, uint8_t value)
{
	for (int left = 500; __atomic_load_n(&memory[at], __ATOMIC_SEQ_CST) != value; left--) {
		check(left, "byte %d is %d, not %d", at, memory[at], value);
		usleep(10000);
	}
}

static void grandchild(void *arg)
{
	must(munmap(memory + 8 * TEST_PAGE, 4 * TEST_PAGE));
	must(mprotect(memory + 12 * TEST_PAGE, TEST_PAGE, PROT_READ));
	test_ready();
	test_wait();
	await(0, 1);
	__atomic_store_n(&memory[1], 2, __ATOMIC_SEQ_CST);
	check(test_differs(memory + TEST_PAGE, 7 * TEST_PAGE, 5) < 0, "the memory has changed for the grandchild");
}

static void child(void *arg)
{
	pid_t pid = test_child(grandchild, NULL);

	must(munmap(memory + 15 * TEST_PAGE, TEST_PAGE));
	test_ready();
	test_wait();
	test_end_child(pid);
}

static void other_child(void *arg)
{
	uint8_t *moved = mremap(memory + 4 * TEST_PAGE, 2 * TEST_PAGE, 2 * TEST_PAGE,
				MREMAP_MAYMOVE | MREMAP_FIXED, memory + PAGES * TEST_PAGE + 4 * TEST_PAGE);

	check(moved != MAP_FAILED, "the mapping does not move");
	test_ready();
	test_wait();
	await(1, 2);
	__atomic_store_n(&memory[2], 3, __ATOMIC_SEQ_CST);
	moved[10] = 99;
}

int main(int argc, char **argv)
{
	pid_t first, second;
	uint8_t kept;

	test_init(argc, argv);
	memory = mmap(NULL, 2 * PAGES * TEST_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no space");
	memory = mmap(memory, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	test_fill(memory + TEST_PAGE, (PAGES - 1) * TEST_PAGE, 5);
	first = test_child(child, NULL);
	second = test_child(other_child, NULL);
	test_ready();
	test_wait();
	check(test_differs(memory + TEST_PAGE, (PAGES - 1) * TEST_PAGE, 5) < 0, "the memory has changed");
	__atomic_store_n(&memory[0], 1, __ATOMIC_SEQ_CST);
	kept = memory[4 * TEST_PAGE + 10];
	test_end_child(first);
	test_end_child(second);
	check(memory[2] == 3, "what a child wrote is not seen");
	check(memory[4 * TEST_PAGE + 10] == 99, "the moved mapping is another memory (%d, %d)", kept,
	      memory[4 * TEST_PAGE + 10]);
	pass();
}
