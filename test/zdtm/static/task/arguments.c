// SPDX-License-Identifier: GPL-2.0-only
/* Where the kernel looks for command line, environment and auxiliary vector, after a program has moved them.
 *
 * flavours: host ns
 * kinds: address_space
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char words[] = "moved\0to\0a mapping", variables[] = "A=1\0B=two";

static void expect(const char *file, const char *contents, size_t size)
{
	char path[64], now[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/%s", file);
	fd = must(open(path, O_RDONLY));
	n = must(read(fd, now, sizeof(now)));
	close(fd);
	check(n == (ssize_t)size && !memcmp(now, contents, size), "%s has changed: %zd bytes", path, n);
}

/* Field @number of /proc/self/stat as in proc(5). */
static uint64_t stat_field(int number)
{
	char line[2048], *at;
	FILE *stream = fopen("/proc/self/stat", "re");

	check(stream && fgets(line, sizeof(line), stream), "no /proc/self/stat");
	fclose(stream);
	at = strrchr(line, ')') + 2;
	for (int i = 3; i < number; i++)
		at = strchr(at, ' ') + 1;
	return strtoull(at, NULL, 10);
}

static void move_to(char *memory)
{
	struct prctl_mm_map map = {
		.start_code = stat_field(26),
		.end_code = stat_field(27),
		.start_data = stat_field(45),
		.end_data = stat_field(46),
		.start_brk = stat_field(47),
		.brk = (uintptr_t)sbrk(0),
		.start_stack = stat_field(28),
		.arg_start = (uintptr_t)memory,
		.arg_end = (uintptr_t)memory + sizeof(words),
		.env_start = (uintptr_t)memory + 1024,
		.env_end = (uintptr_t)memory + 1024 + sizeof(variables),
		.exe_fd = -1,
	};

	memcpy(memory, words, sizeof(words));
	memcpy(memory + 1024, variables, sizeof(variables));
	must(prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0));
}

int main(int argc, char **argv)
{
	unsigned long random;
	char *memory;

	test_init(argc, argv);
	memory = mmap(NULL, TEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(memory != MAP_FAILED, "no memory");
	move_to(memory);
	expect("cmdline", words, sizeof(words));
	random = getauxval(AT_RANDOM);
	test_ready();
	test_wait();
	expect("cmdline", words, sizeof(words));
	expect("environ", variables, sizeof(variables));
	check(getauxval(AT_RANDOM) == random, "the auxiliary vector of the library has changed");
	pass();
}
