// SPDX-License-Identifier: GPL-2.0-only
/* Fields of an address space: where code, data, heap, stack, arguments and environment are (/proc/PID/stat), also for
 * a task whose heap has been given back wholly, and one whose break stands in the middle of a page.
 *
 * flavours: host ns
 * kinds: address_space
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIELDS 12

/* startcode, endcode, startstack; start_data, end_data, start_brk, arg_start, arg_end, env_start, env_end */
static const int numbers[] = { 26, 27, 28, 45, 46, 47, 48, 49, 50, 51 };

static void read_fields(unsigned long *fields)
{
	char text[2048], *at;
	int fd = must(open("/proc/self/stat", O_RDONLY)); /* a stream would need a heap */
	ssize_t size = must(read(fd, text, sizeof(text) - 1));
	size_t next = 0;

	text[size] = '\0';
	close(fd);
	at = strrchr(text, ')') + 2;
	for (int number = 3; at && next < ARRAY_SIZE(numbers); number++) {
		if (number == numbers[next])
			check(sscanf(at, "%lu", &fields[next++]) == 1, "field %d", number);
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	check(next == ARRAY_SIZE(numbers), "stat has too few fields");
	fields[next] = (uintptr_t)sbrk(0);
}

static void verify(const unsigned long *before)
{
	unsigned long after[FIELDS] = { 0 };

	read_fields(after);
	for (size_t i = 0; i <= ARRAY_SIZE(numbers); i++)
		check(before[i] == after[i], "field %zu was %lx and is %lx", i, before[i], after[i]);
}

static void child(void *arg)
{
	unsigned long fields[FIELDS] = { 0 };
	uint8_t *more;

	read_fields(fields);
	must(brk((void *)fields[5])); /* start_brk: no heap is left */
	read_fields(fields);
	test_ready();
	test_wait();
	verify(fields);
	more = sbrk(TEST_PAGE * 3);
	check(more == (uint8_t *)fields[5], "the heap begins at %p", more);
	test_fill(more, TEST_PAGE * 3, 1);
	must(brk(more));
}

int main(int argc, char **argv)
{
	unsigned long fields[FIELDS] = { 0 };
	void *volatile spare;
	pid_t pid;

	test_init(argc, argv);
	spare = malloc(1000); /* the C library takes its part of the heap first */
	check(spare, "no memory");
	pid = test_child(child, NULL);
	must(sbrk(TEST_PAGE + 123) == (void *)-1 ? -1 : 0);
	read_fields(fields);
	test_ready();
	test_wait();
	verify(fields);
	test_end_child(pid);
	pass();
}
