// SPDX-License-Identifier: GPL-2.0-only
/* Memory locked on fault (mlock2 with MLOCK_ONFAULT) stays so: pages that nobody touched are not there, and pages
 * that are touched later are locked. Memory that is locked wholly is so again.
 *
 * flavours: host ns
 * kinds: anonymous
 */
#include "test.h"

#include <sys/mman.h>

#define PAGES 16

static uint8_t *map(void)
{
	uint8_t *memory = mmap(NULL, 3 * PAGES * TEST_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(memory != MAP_FAILED, "no memory");
	memory += PAGES * TEST_PAGE;
	must(mprotect(memory, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE));
	must(madvise(memory, PAGES * TEST_PAGE, MADV_NOHUGEPAGE));
	return memory;
}

static bool is_there(uint8_t *page)
{
	unsigned char state;

	must(mincore(page, TEST_PAGE, &state));
	return state & 1;
}

int main(int argc, char **argv)
{
	uint8_t *on_fault, *whole;
	const char *flag;

	test_init(argc, argv);
	on_fault = map();
	whole = map();
	must(mlock2(on_fault, PAGES * TEST_PAGE, MLOCK_ONFAULT));
	must(mlock(whole, PAGES * TEST_PAGE));
	on_fault[3 * TEST_PAGE] = 7;
	flag = test_mapping_has(on_fault, "lf") ? "lf" : "??"; /* before 6.11 it has no letters */
	test_ready();
	test_wait();
	check(test_mapping_has(on_fault, "lo") && test_mapping_has(on_fault, flag), "it is not locked on fault");
	check(test_mapping_has(whole, "lo") && !test_mapping_has(whole, flag), "it is not locked wholly");
	for (int i = 0; i < PAGES; i++) {
		check(is_there(on_fault + i * TEST_PAGE) == (i == 3), "page %d of what is locked on fault", i);
		check(is_there(whole + i * TEST_PAGE), "page %d of what is locked", i);
	}
	check(on_fault[3 * TEST_PAGE] == 7, "the contents have changed");
	pass();
}
