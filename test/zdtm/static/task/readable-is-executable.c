// SPDX-License-Identifier: GPL-2.0-only
/* A process for which all that it maps from now on for reading is executable, too (READ_IMPLIES_EXEC): what it had
 * mapped before is not, and does not become so.
 *
 * flavours: host ns
 */
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

static bool is_executable(const void *address)
{
	char line[512], start[32];
	FILE *file = fopen("/proc/self/maps", "re");

	snprintf(start, sizeof(start), "%lx-", (unsigned long)address);
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, start, strlen(start))) {
			fclose(file);
			return strchr(line, ' ')[3] == 'x';
		}
	fail("no mapping at %p", address);
}

static void *map_pages(int prot, int flags, int fd)
{
	void *area = mmap(NULL, 2 * TEST_PAGE, prot, flags, fd, 0);

	check(area != MAP_FAILED, "no memory");
	return area;
}

int main(int argc, char **argv)
{
	void *before, *shared, *only_read, *after;

	test_init(argc, argv);
	before = map_pages(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	only_read = map_pages(PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	shared = map_pages(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
	memset(before, 1, TEST_PAGE);
	memset(shared, 1, TEST_PAGE);
	check(personality(READ_IMPLIES_EXEC) >= 0, "personality cannot be set");
	after = map_pages(PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	check(is_executable(after) && !is_executable(before), "the kernel does not do what it says");
	test_ready();
	test_wait();
	check(is_executable(after), "new memory is not executable any more");
	check(!is_executable(before) && !is_executable(shared) && !is_executable(only_read),
	      "old memory has become executable");
	check(is_executable(map_pages(PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1)), "more memory is not executable");
	pass();
}
