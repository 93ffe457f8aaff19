// SPDX-License-Identifier: GPL-2.0-only
/* A program in an IPC namespace of its own that has the one it came from open, which is that of criu, and goes back.
 *
 * kinds: namespace_descriptor
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct stat before, after, own;
	int fd;

	test_init(argc, argv);
	fd = must(open("/proc/self/ns/ipc", O_RDONLY));
	must(fstat(fd, &before));
	if (unshare(CLONE_NEWIPC) < 0)
		skip("unshare: %s", strerror(errno));
	test_ready();
	test_wait();
	must(fstat(fd, &after));
	must(stat("/proc/self/ns/ipc", &own));
	check(after.st_ino == before.st_ino, "it is another one");
	check(after.st_ino != own.st_ino, "it is the own one");
	must(setns(fd, CLONE_NEWIPC));
	pass();
}
