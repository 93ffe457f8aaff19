// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors of the network namespace in which the tree is, and of the one that it has left, in which criu is.
 *
 * kinds: namespace_descriptor net
 */
#include "test.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

static ino_t inode(int fd)
{
	struct stat found;

	must(fstat(fd, &found));
	return found.st_ino;
}

static ino_t own(void)
{
	struct stat found;

	must(stat("/proc/self/ns/net", &found));
	return found.st_ino;
}

int main(int argc, char **argv)
{
	int first, second;
	ino_t left;

	test_init(argc, argv);
	first = must(open("/proc/self/ns/net", O_RDONLY));
	left = inode(first);
	must(unshare(CLONE_NEWNET));
	second = must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
	test_ready();
	test_wait();
	check(inode(first) == left && inode(second) == own() && own() != left,
	      "a descriptor leads to another namespace");
	must(setns(first, CLONE_NEWNET));
	check(own() == left, "not back in the first namespace");
	must(setns(second, CLONE_NEWNET));
	check(own() == inode(second), "not in the second namespace");
	pass();
}
