// SPDX-License-Identifier: GPL-2.0-only
/* Memory that its task cannot read keeps its contents: without any access, to be executed only, to be written only.
 * Shared memory and private pages of a file, too.
 *
 * flavours: host ns
 */
#include "test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE (8 * TEST_PAGE)

static const int protections[] = { PROT_NONE, PROT_EXEC, PROT_WRITE, PROT_WRITE | PROT_EXEC };

static uint8_t *map(size_t kind, int fd)
{
	int flags = kind == 1	? MAP_SHARED | MAP_ANONYMOUS
		    : kind == 2 ? MAP_PRIVATE
				: MAP_PRIVATE | MAP_ANONYMOUS;
	uint8_t *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, kind == 2 ? fd : -1, 0);

	check(memory != MAP_FAILED, "no memory");
	return memory;
}

int main(int argc, char **argv)
{
	uint8_t *memory[3][ARRAY_SIZE(protections)];
	int fd;

	test_init(argc, argv);
	fd = must(open("mapped", O_RDWR | O_CREAT, 0600));
	must(ftruncate(fd, SIZE));
	for (size_t kind = 0; kind < 3; kind++) {
		for (size_t i = 0; i < ARRAY_SIZE(protections); i++) {
			memory[kind][i] = map(kind, fd);
			test_fill(memory[kind][i], SIZE, 10 * kind + i);
			must(mprotect(memory[kind][i], SIZE, protections[i]));
		}
	}
	close(fd);
	test_ready();
	test_wait();
	for (size_t kind = 0; kind < 3; kind++) {
		for (size_t i = 0; i < ARRAY_SIZE(protections); i++) {
			check(test_mapping_has(memory[kind][i], "wr") == !!(protections[i] & PROT_WRITE) &&
				      !test_mapping_has(memory[kind][i], "rd"),
			      "kind %zu, protection %x is another one", kind, protections[i]);
			must(mprotect(memory[kind][i], SIZE, PROT_READ));
			check(test_differs(memory[kind][i], SIZE, 10 * kind + i) < 0,
			      "kind %zu, protection %x: the contents have changed", kind, protections[i]);
		}
	}
	pass();
}
