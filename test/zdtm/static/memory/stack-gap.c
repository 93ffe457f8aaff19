// SPDX-License-Identifier: GPL-2.0-only
/* A mapping that grows down starts where it did, keeps its distance to what lies below, and grows no further than the
 * guard gap of the kernel lets it. One whose neighbour below is nearer than the gap is restored as well.
 *
 * flavours: host ns
 */
#include "test.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#define PAGES 1024
#define GAP 256 /* stack_guard_gap */

static sigjmp_buf back;

static void on_fault(int signal)
{
	siglongjmp(back, 1);
}

static bool can_write(volatile uint8_t *page)
{
	if (sigsetjmp(back, 1))
		return false;
	*page = 1;
	return true;
}

static uint8_t *space(void)
{
	uint8_t *memory = mmap(NULL, PAGES * TEST_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(memory != MAP_FAILED, "no space");
	must(munmap(memory, PAGES * TEST_PAGE));
	return memory;
}

static void map(uint8_t *at, int flags)
{
	check(mmap(at, 2 * TEST_PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | flags, -1, 0) == at,
	      "no mapping");
	test_fill(at, 2 * TEST_PAGE, 3);
}

int main(int argc, char **argv)
{
	uint8_t *far, *near;
	char name[64];

	test_init(argc, argv);
	check(signal(SIGSEGV, on_fault) != SIG_ERR, "no handler");
	far = space();
	map(far, 0);
	map(far + 600 * TEST_PAGE, MAP_GROWSDOWN);
	near = space();
	map(near, 0);
	map(near + 5 * TEST_PAGE, MAP_GROWSDOWN);
	test_ready();
	test_wait();
	check(test_mapping_start(far + 600 * TEST_PAGE, name, sizeof(name)) == (uintptr_t)far + 600 * TEST_PAGE,
	      "it starts elsewhere");
	check(test_mapping_has(far + 600 * TEST_PAGE, "gd") && test_mapping_has(near + 5 * TEST_PAGE, "gd"),
	      "it does not grow down");
	check(test_differs(far + 600 * TEST_PAGE, 2 * TEST_PAGE, 3) < 0, "the contents have changed");
	check(test_differs(near + 5 * TEST_PAGE, 2 * TEST_PAGE, 3) < 0, "the contents of the other have changed");
	check(!can_write(near + 4 * TEST_PAGE), "it grows into the gap");
	check(can_write(far + (GAP + 20) * TEST_PAGE), "it does not grow");
	check(!can_write(far + (GAP - 20) * TEST_PAGE), "it grows over the gap");
	pass();
}
