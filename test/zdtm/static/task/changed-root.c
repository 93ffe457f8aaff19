// SPDX-License-Identifier: GPL-2.0-only
/* A child with another root directory (chroot), in which it stands.
 *
 * flavours: host ns
 */
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

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

int main(int argc, char **argv)
{
	pid_t pid;

	test_init(argc, argv);
	must(mkdir("cage", 0755));
	must(mkdir("cage/within", 0755));
	pid = test_child(changed_root, NULL);
	test_ready();
	test_wait();
	test_end_child(pid);
	pass();
}
