// SPDX-License-Identifier: GPL-2.0-only
/* Files of /proc: of the process itself, of its child, shared with it, with a place in the text, and such that belong to
 * nobody. What is read after the restore is that of the new process.
 *
 * kinds: regular
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int shared;

static void child(void *unused)
{
	test_ready();
	test_wait();
	check(lseek(shared, 0, SEEK_CUR) == 3, "not the description of the parent");
}

int main(int argc, char **argv)
{
	int status, memory, directory, fds, mounts, of_child, maps;
	char name[64], text[4096] = "", *line;
	volatile int value = 1;
	int found = 0;
	struct stat st;
	pid_t pid;

	test_init(argc, argv);
	shared = must(open("/proc/self/status", O_RDONLY));
	pid = test_child(child, NULL);
	status = must(open("/proc/self/status", O_RDONLY | O_CLOEXEC));
	must(read(status, text, 6));
	memory = must(open("/proc/self/mem", O_RDWR));
	maps = must(open("/proc/self/maps", O_RDONLY));
	directory = must(open("/proc/self", O_RDONLY | O_DIRECTORY));
	fds = must(open("/proc/self/fd", O_PATH));
	mounts = must(open("/proc/mounts", O_RDONLY));
	snprintf(name, sizeof(name), "/proc/%d/stat", pid);
	of_child = must(open(name, O_RDONLY));
	test_ready();
	test_wait();
	check(lseek(status, 0, SEEK_CUR) == 6 && fcntl(status, F_GETFD) == FD_CLOEXEC, "offset or flag");
	check(read(status, text, 8) == 8 && !memcmp(text, "process\n", 8), "read on: '%.8s'", text);
	value = 4711;
	check(pread(memory, &found, sizeof(found), (off_t)(uintptr_t)&value) == sizeof(found) && found == 4711,
	      "the memory of somebody else: %d", found);
	check(read(maps, text, sizeof(text) - 1) > 0, "maps");
	line = strstr(text, "/process");
	check(line, "not my mappings: %s", text);
	must(fstatat(directory, "status", &st, 0));
	snprintf(name, sizeof(name), "%d", memory);
	must(fstatat(fds, name, &st, 0));
	check(read(mounts, text, 1) == 1, "mounts");
	check(read(of_child, text, sizeof(text)) > 0 && atoi(text) == pid, "the stat of '%.10s'", text);
	must(lseek(shared, 3, SEEK_SET));
	test_end_child(pid);
	pass();
}
