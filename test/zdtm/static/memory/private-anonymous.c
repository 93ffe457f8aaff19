// SPDX-License-Identifier: GPL-2.0-only
/* Contents, place and protection of private anonymous mappings: readable, writable, executable, write-only, none.
 *
 * flavours: host ns uns compat
 * kinds: anonymous
 */
#include "test.h"

#include <sys/mman.h>

#define SIZE (16 * TEST_PAGE)

static const int protections[] = { PROT_READ | PROT_WRITE,
				   PROT_READ,
				   PROT_READ | PROT_EXEC,
				   PROT_WRITE,
				   PROT_NONE,
				   PROT_READ | PROT_WRITE | PROT_EXEC };

int main(int argc, char **argv)
{
	uint8_t *memory[ARRAY_SIZE(protections)];

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(protections); i++) {
		memory[i] = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		check(memory[i] != MAP_FAILED, "no memory");
		test_fill(memory[i], SIZE, i);
		must(mprotect(memory[i], SIZE, protections[i]));
	}
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(protections); i++) {
		must(mprotect(memory[i], SIZE, PROT_READ | PROT_WRITE));
		check(test_differs(memory[i], SIZE, i) < 0, "mapping %zu differs at %zd", i,
		      test_differs(memory[i], SIZE, i));
		test_fill(memory[i], SIZE, i + 100);
	}
	pass();
}
