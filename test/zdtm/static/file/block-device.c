// SPDX-License-Identifier: GPL-2.0-only
/* Block devices: one with a file system that is mounted (if there is such), read from a place in the middle; one without a
 * medium, opened without waiting for it.
 *
 * flavours: host ns
 */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define PLACE (5 * 512 + 7)
#define LOOP_MAJOR 7

static int node(const char *name, dev_t device, int flags)
{
	must(mknod(name, S_IFBLK | 0600, device));
	return open(name, flags);
}

static void check_device(int fd, dev_t device)
{
	struct stat st;

	must(fstat(fd, &st));
	check(S_ISBLK(st.st_mode) && st.st_rdev == device, "%d is another device", fd);
}

int main(int argc, char **argv)
{
	char before[64], after[64];
	struct stat st;
	int disk, loop;

	test_init(argc, argv);
	must(stat("/", &st));
	disk = major(st.st_dev) ? node("disk", st.st_dev, O_RDONLY | O_CLOEXEC) : -1;
	loop = node("loop", makedev(LOOP_MAJOR, 7), O_RDONLY | O_NONBLOCK);
	if (loop < 0)
		skip("there are no loop devices");
	if (disk >= 0) {
		must(pread(disk, before, sizeof(before), PLACE));
		must(lseek(disk, PLACE, SEEK_SET));
	}
	test_ready();
	test_wait();
	check_device(loop, makedev(LOOP_MAJOR, 7));
	check(fcntl(loop, F_GETFL) & O_NONBLOCK, "the loop device would wait");
	if (disk < 0)
		pass();
	check_device(disk, st.st_dev);
	check(fcntl(disk, F_GETFD) == FD_CLOEXEC, "close-on-exec");
	check(lseek(disk, 0, SEEK_CUR) == PLACE, "the place in the disk is %ld", (long)lseek(disk, 0, SEEK_CUR));
	check(read(disk, after, sizeof(after)) == sizeof(after) && !memcmp(before, after, sizeof(after)),
	      "the disk reads other things");
	pass();
}
