// SPDX-License-Identifier: GPL-2.0-only
/* Working directory, root directory and umask, each child with its own.
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

static void changed_root(void *arg)
{
	struct stat inside, outside;

	must(stat("cage", &outside));
	must(chroot("cage"));
	must(chdir("/within"));
	umask(0);
	test_ready();
	test_wait();
	must(stat("/", &inside));
	check(inside.st_ino == outside.st_ino && inside.st_dev == outside.st_dev, "the root is another directory");
	must(stat(".", &inside));
	must(stat("/within", &outside));
	check(inside.st_ino == outside.st_ino, "the working directory is another");
	check(umask(022) == 0, "the umask has changed");
}

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
	pid_t pid[2];

	test_init(argc, argv);
	check(getcwd(start, sizeof(start)), "getcwd fails");
	must(mkdir("cage", 0755));
	must(mkdir("cage/within", 0755));
	pid[0] = test_child(changed_root, NULL);
	pid[1] = test_child(working_directory, NULL);
	umask(0027);
	test_ready();
	test_wait();
	check(getcwd(now, sizeof(now)) && !strcmp(now, start), "it is %s", now);
	check(umask(022) == 0027, "the umask has changed");
	test_end_child(pid[0]);
	test_end_child(pid[1]);
	pass();
}
