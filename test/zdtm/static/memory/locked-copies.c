// SPDX-License-Identifier: GPL-2.0-only
/* Memory that has been advised to be huge, is locked, and is shared by copy-on-write with two children, of which one
 * has locked it too and one has written a part: contents, locks and shares are kept.
 *
 * kinds: memory_locks anonymous
 */
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (4UL << 20)

static uint8_t *memory;

static long locked(const void *address)
{
	char value[64];

	check(test_mapping_line(address, "Locked", value, sizeof(value)), "no line Locked");
	return strtol(value, NULL, 10);
}

static void locks(void *arg)
{
	must(mlock(memory, SIZE));
	test_ready();
	test_wait();
	check(test_mapping_has(memory, "lo") && locked(memory) > 0, "the child's lock is lost");
	check(test_differs(memory, SIZE, 1) < 0, "the contents differ");
}

static void writes(void *arg)
{
	test_fill(memory, SIZE / 4, 2);
	test_ready();
	test_wait();
	check(!test_mapping_has(memory, "lo"), "locked, and was not");
	check(test_differs(memory, SIZE / 4, 2) < 0, "what it wrote differs");
	check(test_proportional(memory + SIZE / 2, SIZE / 2) < (long)(SIZE / 2 / 1024), "nothing is shared");
}

int main(int argc, char **argv)
{
	pid_t first, second;

	test_init(argc, argv);
	memory = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	memory += SIZE - (uintptr_t)memory % SIZE;
	must(madvise(memory, SIZE, MADV_HUGEPAGE));
	test_fill(memory, SIZE, 1);
	must(mlock(memory, SIZE));
	first = test_child(locks, NULL);
	second = test_child(writes, NULL);
	test_ready();
	test_wait();
	check(test_mapping_has(memory, "lo"), "the lock is lost");
	check(test_mapping_has(memory, "hg"), "the advice is lost");
	check(test_differs(memory, SIZE, 1) < 0, "the contents differ");
	test_end_child(first);
	test_end_child(second);
	pass();
}
