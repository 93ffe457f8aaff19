// SPDX-License-Identifier: GPL-2.0-only
/* Advice about forks still does what it says: a child after the restore has no memory that is not to be forked, finds
 * wiped what is to be wiped, and sees what was told to be kept after all. Read-ahead and merging stay as advised.
 *
 * flavours: host ns
 */
#include "test.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE (4 * TEST_PAGE)

enum { NOT_FORKED, WIPED, KEPT, FORKED, SEQUENTIAL, MERGEABLE, KINDS };

static uint8_t *memory[KINDS];

static void map(int kind, int advice, int more)
{
	uint8_t *space = mmap(NULL, 3 * SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(space != MAP_FAILED, "no memory");
	memory[kind] = space + SIZE;
	must(mprotect(memory[kind], SIZE, PROT_READ | PROT_WRITE));
	test_fill(memory[kind], SIZE, kind);
	if (madvise(memory[kind], SIZE, advice) == -1)
		check(kind == MERGEABLE && errno == EINVAL, "advice %d is not taken", advice);
	if (more >= 0)
		must(madvise(memory[kind], SIZE, more));
}

static bool is_mapped(uint8_t *address)
{
	unsigned char state[SIZE / TEST_PAGE];

	return mincore(address, SIZE, state) == 0;
}

static int look(void)
{
	if (is_mapped(memory[NOT_FORKED]))
		return 1;
	for (size_t i = 0; i < SIZE; i++)
		if (memory[WIPED][i])
			return 2;
	if (test_differs(memory[KEPT], SIZE, KEPT) >= 0)
		return 3;
	return test_differs(memory[FORKED], SIZE, FORKED) >= 0 ? 4 : 0;
}

int main(int argc, char **argv)
{
	bool merges;
	int status;
	pid_t pid;

	test_init(argc, argv);
	map(NOT_FORKED, MADV_DONTFORK, -1);
	map(WIPED, MADV_WIPEONFORK, -1);
	map(KEPT, MADV_WIPEONFORK, MADV_KEEPONFORK);
	map(FORKED, MADV_DONTFORK, MADV_DOFORK);
	map(SEQUENTIAL, MADV_SEQUENTIAL, -1);
	map(MERGEABLE, MADV_MERGEABLE, -1);
	merges = test_mapping_has(memory[MERGEABLE], "mg");
	test_ready();
	test_wait();
	for (int i = 0; i < KINDS; i++)
		check(test_differs(memory[i], SIZE, i) < 0, "memory %d has changed", i);
	check(test_mapping_has(memory[SEQUENTIAL], "sr"), "it is not read sequentially");
	check(test_mapping_has(memory[MERGEABLE], "mg") == merges, "it is not merged");
	pid = must(fork());
	if (!pid)
		_exit(look());
	must(waitpid(pid, &status, 0));
	check(WIFEXITED(status) && !WEXITSTATUS(status), "the child sees otherwise (%d)", WEXITSTATUS(status));
	pass();
}
