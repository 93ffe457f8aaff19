// SPDX-License-Identifier: GPL-2.0-only
/* Mappings of hugetlbfs without any page yet: private (of each page size), shared, and of a memfd, each with its page size and without a
 * reservation. Such pages need not exist for it.
 *
 * flavours: host ns
 * kinds: anonymous shared_memory_mapping private_memory_mapping
 */
#include "movable.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (4UL << 20)
#define LARGE_SIZE (1UL << 30)
#define LARGE_ORDER (30 << 26) /* MAP_HUGE_1GB */

/* LARGE: private, of another size where the machine has one. */
enum { PRIVATE, SHARED, LARGE, MEMFD, PRIVATE_MEMFD, KINDS };

static uint8_t *map(int kind, int fd)
{
	bool shared = kind == SHARED || kind == MEMFD;
	int flags = (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_NORESERVE | MAP_HUGETLB;
	uint8_t *memory = MAP_FAILED;

	if (kind == LARGE)
		memory = mmap(NULL, LARGE_SIZE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS | LARGE_ORDER, -1, 0);
	if (memory != MAP_FAILED)
		return memory;
	memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags | (kind < MEMFD ? MAP_ANONYMOUS : 0),
		      kind < MEMFD ? -1 : fd, 0);

	if (memory == MAP_FAILED)
		skip("no huge pages in this kernel: %s", strerror(errno));
	return memory;
}

static void page_size(const void *memory, char *value, size_t size)
{
	check(test_mapping_line(memory, "KernelPageSize", value, size), "smaps tells no page size");
}

int main(int argc, char **argv)
{
	char sizes[KINDS][64], now[64];
	uint8_t *memory[KINDS];
	int fd;

	test_init(argc, argv);
	need_movable_pages();
	fd = memfd_create("huge", MFD_HUGETLB);
	if (fd < 0)
		skip("no huge pages in memfds: %s", strerror(errno));
	must(ftruncate(fd, SIZE));
	for (int i = 0; i < KINDS; i++) {
		memory[i] = map(i, fd);
		page_size(memory[i], sizes[i], sizeof(sizes[i]));
		check(strcmp(sizes[i], "4 kB\n"), "kind %d has small pages", i);
	}
	test_ready();
	test_wait();
	for (int i = 0; i < KINDS; i++) {
		page_size(memory[i], now, sizeof(now));
		check(!strcmp(sizes[i], now), "kind %d had pages of %s and has pages of %s", i, sizes[i], now);
		check(test_mapping_has(memory[i], "ht") && test_mapping_has(memory[i], "nr"),
		      "flags of kind %d", i);
	}
	must(ftruncate(fd, SIZE / 2));
	check(lseek(fd, 0, SEEK_END) == SIZE / 2, "the memfd has another size");
	pass();
}
