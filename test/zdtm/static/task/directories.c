// SPDX-License-Identifier: GPL-2.0-only
/* Working directory and umask, each task with its own.
 *
 * flavours: host ns
 * kinds: directories
 */
#include "test.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char start[PATH_MAX - 64];

static void working_directory(void *arg)
{
	char now[PATH_MAX];

	must(chdir("cage/within"));
	umask(0137);
	test_ready();
	test_wait();
	check(getcwd(now, sizeof(now)), "getcwd fails");
	check(!strncmp(now, start, strlen(start)) && !strcmp(now + strlen(start), "/cage/within"), "it is %s", now);
	check(umask(022) == 0137, "the umask has changed");
}

int main(int argc, char **argv)
{
	char now[PATH_MAX];
	pid_t pid;

	test_init(argc, argv);
	check(getcwd(start, sizeof(start)), "getcwd fails");
	must(mkdir("cage", 0755));
	must(mkdir("cage/within", 0755));
	pid = test_child(working_directory, NULL);
	umask(0027);
	test_ready();
	test_wait();
	check(getcwd(now, sizeof(now)) && !strcmp(now, start), "it is %s", now);
	check(umask(022) == 0027, "the umask has changed");
	test_end_child(pid);
	pass();
}
