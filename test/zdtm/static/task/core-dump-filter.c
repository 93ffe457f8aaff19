// SPDX-License-Identifier: GPL-2.0-only
/* Which memory goes into a core dump (/proc/PID/coredump_filter), of a process and of its child.
 *
 * flavours: host ns uns
 * kinds: core_dump
 */
#include "test.h"

#include <stdio.h>

static unsigned int get(void)
{
	FILE *file = fopen("/proc/self/coredump_filter", "re");
	unsigned int filter = 0;

	check(file && fscanf(file, "%x", &filter) == 1 && !fclose(file), "the filter cannot be read");
	return filter;
}

static void set(unsigned int filter)
{
	FILE *file = fopen("/proc/self/coredump_filter", "we");

	check(file && fprintf(file, "%#x", filter) > 0 && !fclose(file), "the filter cannot be set");
}

static void child(void *arg)
{
	set(0);
	test_ready();
	test_wait();
	check(get() == 0, "filter of the child is %#x", get());
}

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	set(0x7f);
	pid = test_child(child, NULL);
	test_ready();
	test_wait();
	check(get() == 0x7f, "the filter is %#x", get());
	test_end_child(pid);
	pass();
}
