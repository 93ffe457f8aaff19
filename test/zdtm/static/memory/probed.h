/* SPDX-License-Identifier: GPL-2.0-only */
/* A task that has met a user probe of its own: the kernel has mapped "[uprobes]" for it, and the probe is off again. */
#include "test.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int probed(void);
/* An instruction that is executed out of line. */
asm(".text\n.globl probed\n.balign 16\nprobed:\n	movl $55, %eax\n	ret\n");

static int probe_type(void)
{
	FILE *stream = fopen("/sys/bus/event_source/devices/uprobe/type", "re");
	int type;

	if (!stream || fscanf(stream, "%d", &type) != 1)
		skip("no user probes in this kernel");
	fclose(stream);
	return type;
}

static unsigned long place_in_file(const void *address)
{
	FILE *stream = fopen("/proc/self/maps", "re");
	unsigned long start, end, offset;
	char line[512];

	check(stream, "no maps");
	while (fgets(line, sizeof(line), stream)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) != 3 ||
		    (uintptr_t)address < start || (uintptr_t)address >= end)
			continue;
		fclose(stream);
		return (uintptr_t)address - start + offset;
	}
	fail("%p is not mapped", address);
}

static bool has_probe_area(void)
{
	FILE *stream = fopen("/proc/self/maps", "re");
	char line[512];
	bool found = false;

	check(stream, "no maps");
	while (!found && fgets(line, sizeof(line), stream))
		found = strstr(line, "[uprobes");
	fclose(stream);
	return found;
}

static void meet_probe(void)
{
	struct perf_event_attr event = { .size = sizeof(event), .type = probe_type() };
	char path[512] = "";
	int fd;

	must(readlink("/proc/self/exe", path, sizeof(path) - 1));
	event.config1 = (uintptr_t)path;
	event.config2 = place_in_file((const void *)(uintptr_t)probed);
	fd = syscall(SYS_perf_event_open, &event, getpid(), -1, -1, 0);
	if (fd < 0)
		skip("a probe cannot be set: %s", strerror(errno));
	check(probed() == 55, "the probed function does not work");
	must(close(fd));
	check(has_probe_area(), "there is no area");
}
