// SPDX-License-Identifier: GPL-2.0-only
/* Code of a file that a task has changed for itself, as debuggers and just-in-time compilers do: the changed page is
 * executed as it was left, the others come from the file.
 *
 * flavours: host ns
 * skip-if: not-x86
 * kinds: mapped_file
 */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES 4

/* mov $N, %eax; ret */
static void write_code(uint8_t *at, uint8_t value)
{
	const uint8_t code[] = { 0xb8, value, 0, 0, 0, 0xc3 };

	memcpy(at, code, sizeof(code));
}

static int run(uint8_t *at)
{
	int (*function)(void);

	memcpy(&function, &at, sizeof(function));
	return function();
}

int main(int argc, char **argv)
{
	uint8_t page[TEST_PAGE] = { 0 }, *code;
	int fd;

	test_init(argc, argv);
	fd = must(open("code", O_RDWR | O_CREAT, 0700));
	for (int i = 0; i < PAGES; i++) {
		write_code(page, 10 + i);
		must(write(fd, page, sizeof(page)));
	}
	code = mmap(NULL, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	check(code != MAP_FAILED, "no mapping");
	close(fd);
	write_code(code + 2 * TEST_PAGE, 99);
	must(mprotect(code, PAGES * TEST_PAGE, PROT_READ | PROT_EXEC));
	test_ready();
	test_wait();
	for (int i = 0; i < PAGES; i++)
		check(run(code + i * TEST_PAGE) == (i == 2 ? 99 : 10 + i), "page %d returns %d", i,
		      run(code + i * TEST_PAGE));
	/* Still private: the file does not change. */
	must(mprotect(code, PAGES * TEST_PAGE, PROT_READ | PROT_WRITE));
	write_code(code, 77);
	fd = must(open("code", O_RDONLY));
	for (int i = 0; i < PAGES; i++) {
		must(read(fd, page, sizeof(page)));
		check(page[1] == 10 + i, "page %d of the file has changed", i);
	}
	pass();
}
