// SPDX-License-Identifier: GPL-2.0-only
/* Memory of hugetlbfs keeps its contents: private memory which a child shares as far as neither wrote it, shared
 * memory of both, a memfd and a private mapping of it. Uses huge pages that are free; needs six.
 *
 * flavours: host ns
 * kinds: anonymous shared_memory shared_memory_mapping private_memory_mapping
 */
#include "movable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE (2UL << 20)
#define NEEDED 6

enum { PRIVATE, SHARED, MEMFD, PRIVATE_MEMFD, KINDS };
static const size_t sizes[KINDS] = { 2 * HUGE, HUGE, HUGE, HUGE };

static uint8_t *memory[KINDS];

static long read_number(const char *path)
{
	FILE *stream = fopen(path, "re");
	long number = 0;

	if (stream && fscanf(stream, "%ld", &number) != 1)
		number = 0;
	if (stream)
		fclose(stream);
	return number;
}

#define POOL "/sys/kernel/mm/hugepages/hugepages-2048kB/"

static long free_pages(void)
{
	return read_number(POOL "free_hugepages") - read_number(POOL "resv_hugepages") +
	       read_number(POOL "nr_overcommit_hugepages") - read_number(POOL "surplus_hugepages");
}

static uint8_t *map(int kind, int fd)
{
	int flags = kind == SHARED || kind == MEMFD ? MAP_SHARED : MAP_PRIVATE;
	uint8_t *area = mmap(NULL, sizes[kind], PROT_READ | PROT_WRITE,
			     flags | (kind < MEMFD ? MAP_ANONYMOUS | MAP_HUGETLB | 21 << 26 : 0),
			     kind < MEMFD ? -1 : fd, 0);

	if (area == MAP_FAILED)
		skip("no huge pages: %s", strerror(errno));
	return area;
}

static void child(void *arg)
{
	/* Its own copy of the first page: of the part that it writes, and of the rest. */
	memset(memory[PRIVATE] + 100, 0, 3 * TEST_PAGE);
	test_ready();
	test_wait();
	for (size_t i = 0; i < 3 * TEST_PAGE; i++)
		check(!memory[PRIVATE][100 + i], "byte %zu of the child's page is not zero", i);
	check(test_differs(memory[PRIVATE] + HUGE, HUGE, 1) < 0, "the shared page of the child has changed");
	memory[SHARED][5] = 55;
}

int main(int argc, char **argv)
{
	pid_t pid;
	int fd;

	test_init(argc, argv);
	need_movable_pages();
	if (free_pages() < NEEDED)
		skip("%ld huge pages of 2 MiB are free, %d are needed (nr_hugepages)", free_pages(), NEEDED);
	fd = must(memfd_create("huge", MFD_HUGETLB | 21 << 26));
	must(ftruncate(fd, HUGE));
	for (int i = 0; i < KINDS; i++)
		memory[i] = map(i, fd);
	test_fill(memory[PRIVATE], HUGE, 0);
	test_fill(memory[PRIVATE] + HUGE, HUGE, 1);
	test_fill(memory[SHARED], HUGE, 2);
	test_fill(memory[MEMFD], HUGE, 3);
	test_fill(memory[PRIVATE_MEMFD], TEST_PAGE, 4);
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	check(test_differs(memory[PRIVATE], HUGE, 0) < 0, "private memory has changed");
	check(test_differs(memory[PRIVATE] + HUGE, HUGE, 1) < 0, "private memory has changed behind");
	check(test_differs(memory[SHARED], HUGE, 2) < 0, "shared memory has changed");
	check(test_differs(memory[MEMFD], HUGE, 3) < 0, "the memfd has changed");
	check(test_differs(memory[PRIVATE_MEMFD], TEST_PAGE, 4) < 0, "the private page of the memfd has changed");
	test_end_child(pid);
	check(memory[SHARED][5] == 55, "shared memory is not shared any more");
	pass();
}
