// SPDX-License-Identifier: GPL-2.0-only
/* mlockall() of future mappings, wholly and on fault: what is mapped after the restore is locked, what was mapped
 * before the call is not. A task that never called it maps without locks.
 *
 * flavours: host ns
 * kinds: memory_locks
 */
#include "test.h"

#include <sys/mman.h>

static uint8_t *map(void)
{
	uint8_t *memory = mmap(NULL, 4 * TEST_PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(memory != MAP_FAILED, "no memory");
	return memory;
}

static void verify(int flags, uint8_t *old, bool old_is_locked)
{
	/* Readable only, so that it is not made one with what the C library has mapped. */
	uint8_t *new = map();

	check(test_mapping_has(old, "lo") == old_is_locked, "with flags %d the old mapping is %slocked",
	      flags, old_is_locked ? "not " : "");
	check(test_mapping_has(new, "lo") == !!(flags & MCL_FUTURE), "with flags %d: lo", flags);
	/* Before 6.11 a lock on fault has no letters. */
	check((test_mapping_has(new, "lf") || test_mapping_has(new, "??")) == !!(flags & MCL_ONFAULT),
	      "with flags %d: lf", flags);
}

static void child(void *arg)
{
	int flags = *(int *)arg;
	uint8_t *old = map();

	if (flags)
		must(mlockall(flags));
	test_ready();
	test_wait();
	verify(flags, old, false);
}

int main(int argc, char **argv)
{
	int kinds[] = { 0, MCL_FUTURE, MCL_FUTURE | MCL_ONFAULT };
	pid_t pids[ARRAY_SIZE(kinds)];
	uint8_t *old;

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		pids[i] = test_child(child, &kinds[i]);
	must(mlockall(MCL_FUTURE | MCL_CURRENT | MCL_ONFAULT));
	old = map();
	test_ready();
	test_wait();
	verify(MCL_FUTURE | MCL_ONFAULT, old, true);
	must(munlockall());
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		test_end_child(pids[i]);
	pass();
}
