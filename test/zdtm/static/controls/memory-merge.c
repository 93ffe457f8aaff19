// SPDX-License-Identifier: GPL-2.0-only
/* A process that wants all of its memory merged with equal pages (PR_SET_MEMORY_MERGE, Linux 6.4), also what it maps
 * later, but for one piece; its child does not.
 *
 * flavours: host ns
 */
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif

static bool is_mergeable(const void *address)
{
	char line[512], start[32];
	bool found = false;
	FILE *file = fopen("/proc/self/smaps", "re");

	snprintf(start, sizeof(start), "%lx-", (unsigned long)address);
	while (file && fgets(line, sizeof(line), file)) {
		found = found || !strncmp(line, start, strlen(start));
		if (found && !strncmp(line, "VmFlags:", 8)) {
			fclose(file);
			return strstr(line, " mg");
		}
	}
	fail("no mapping at %p", address);
}

static void *map_page(void)
{
	/* Of a protection of its own, so that it is a mapping of its own. */
	void *page = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(page != MAP_FAILED, "no page");
	return page;
}

static void child(void *arg)
{
	must(prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0));
	test_ready();
	test_wait();
	check(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0) == 0, "the child merges");
}

int main(int argc, char **argv)
{
	void *page, *not_merged;
	pid_t pid;

	test_init(argc, argv);
	if (prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0) < 0)
		skip("PR_SET_MEMORY_MERGE: not on this kernel, or not allowed");
	page = map_page();
	check(is_mergeable(page), "the kernel does not do what it says");
	not_merged = mmap(NULL, TEST_PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(madvise(not_merged, TEST_PAGE, MADV_UNMERGEABLE));
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	check(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0) == 1, "memory is not merged any more");
	check(is_mergeable(page), "old memory is not mergeable any more");
	check(!is_mergeable(not_merged), "what was not to be merged has become mergeable");
	munmap(page, TEST_PAGE);
	check(is_mergeable(map_page()), "new memory is not mergeable");
	test_end_child(pid);
	pass();
}
