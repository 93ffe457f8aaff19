// SPDX-License-Identifier: GPL-2.0-only
/* Advice and locks of mappings: not forked, wiped at fork, not dumped, huge pages, mergeable, locked.
 *
 * flavours: host ns compat
 */
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static const struct {
	int advice;
	const char *flag;
} kinds[] = {
	{ MADV_DONTFORK, "dc" },
	{ MADV_WIPEONFORK, "wf" },
	{ MADV_DONTDUMP, "dd" },
	{ MADV_HUGEPAGE, "hg" },
	{ MADV_NOHUGEPAGE, "nh" },
	{ MADV_RANDOM, "rr" },
	{ -1, "lo" },
};

static bool has_flag(const void *address, const char *flag)
{
	char line[1024], start[32];
	FILE *stream = fopen("/proc/self/smaps", "re");
	bool here = false, found = false;

	check(stream, "no smaps");
	snprintf(start, sizeof(start), "%lx-", (unsigned long)address);
	while (fgets(line, sizeof(line), stream)) {
		if (strstr(line, start) == line)
			here = true;
		if (here && !strncmp(line, "VmFlags:", 8)) {
			found = strstr(line, flag);
			break;
		}
	}
	fclose(stream);
	return found;
}

int main(int argc, char **argv)
{
	uint8_t *memory[ARRAY_SIZE(kinds)];
	size_t size = 8 * TEST_PAGE;

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		memory[i] = mmap(NULL, 3 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		check(memory[i] != MAP_FAILED, "no memory");
		memory[i] += size;
		must(mprotect(memory[i], size, PROT_READ | PROT_WRITE));
		test_fill(memory[i], size, i);
		if (kinds[i].advice >= 0)
			must(madvise(memory[i], size, kinds[i].advice));
		else
			must(mlock(memory[i], size));
		check(has_flag(memory[i], kinds[i].flag), "flag %s is not set", kinds[i].flag);
	}
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		check(has_flag(memory[i], kinds[i].flag), "flag %s is gone", kinds[i].flag);
		check(test_differs(memory[i], size, i) < 0, "memory %zu has changed", i);
	}
	pass();
}
