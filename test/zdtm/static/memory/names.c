// SPDX-License-Identifier: GPL-2.0-only
/* Names of anonymous memory (PR_SET_VMA_ANON_NAME), private and shared, of a memfd, empty and with signs.
 *
 * flavours: host ns
 * kinds: memory_names
 */
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

static const char *const names[] = { "plain", "with blanks (and/signs) #1", "",
				     "as long as one may be: 79 characters ........................................." };

static uint8_t *map(int kind)
{
	uint8_t *memory = mmap(NULL, 4 * TEST_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = kind == 2 ? must(memfd_create("object", 0)) : -1;

	check(memory != MAP_FAILED, "no memory");
	if (fd >= 0)
		must(ftruncate(fd, 2 * TEST_PAGE));
	memory = mmap(memory + TEST_PAGE, 2 * TEST_PAGE, PROT_READ | PROT_WRITE,
		      (kind ? MAP_SHARED : MAP_PRIVATE) | MAP_FIXED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
	check(memory != MAP_FAILED, "no memory of kind %d", kind);
	if (fd >= 0)
		close(fd);
	test_fill(memory, 2 * TEST_PAGE, kind);
	return memory;
}

static void expect(uint8_t *memory, int kind, const char *name)
{
	char wanted[128], found[128];

	snprintf(wanted, sizeof(wanted), kind ? "[anon_shmem:%s]" : "[anon:%s]", name);
	test_mapping_start(memory, found, sizeof(found));
	check(!strcmp(wanted, found), "the name is '%s', not '%s'", found, wanted);
}

int main(int argc, char **argv)
{
	uint8_t *memory[ARRAY_SIZE(names) + 2];

	test_init(argc, argv);
	for (int i = 0; i < (int)ARRAY_SIZE(memory); i++) {
		int kind = i < (int)ARRAY_SIZE(names) ? 0 : i - (int)ARRAY_SIZE(names) + 1;

		memory[i] = map(kind);
		if (prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, memory[i], 2 * TEST_PAGE, names[kind ? kind : i])) {
			if (kind && errno == EBADF)
				skip("shared memory has no names in this kernel (before 6.2)");
			skip("memory has no names in this kernel (CONFIG_ANON_VMA_NAME)");
		}
		expect(memory[i], kind, names[kind ? kind : i]);
	}
	test_ready();
	test_wait();
	for (int i = 0; i < (int)ARRAY_SIZE(memory); i++) {
		int kind = i < (int)ARRAY_SIZE(names) ? 0 : i - (int)ARRAY_SIZE(names) + 1;

		expect(memory[i], kind, names[kind ? kind : i]);
		check(test_differs(memory[i], 2 * TEST_PAGE, kind) < 0, "the contents have changed");
	}
	pass();
}
