// SPDX-License-Identifier: GPL-2.0-only
/* Block devices: one with a file system that is mounted (which claims it), read from a place in the middle; one without
 * a medium, opened without waiting for it.
 *
 * flavours: host ns
 */
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
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

/* Let go by the kernel when it is unmounted. */
static dev_t mounted_device(void)
{
	struct stat st;

	must(mkdir("mounted", 0755));
	if (system("truncate -s 2M image && /sbin/mkfs.ext2 -q image && mount -o loop image mounted") != 0)
		skip("no file system in a loop device");
	must(stat("mounted", &st));
	return st.st_dev;
}

int main(int argc, char **argv)
{
	char before[64], after[64];
	dev_t device;
	int disk, loop;

	test_init(argc, argv);
	loop = node("loop", makedev(LOOP_MAJOR, 7), O_RDONLY | O_NONBLOCK);
	if (loop < 0)
		skip("there are no loop devices");
	device = mounted_device();
	disk = must(node("disk", device, O_RDONLY | O_CLOEXEC));
	must(pread(disk, before, sizeof(before), PLACE));
	must(lseek(disk, PLACE, SEEK_SET));
	test_ready();
	test_wait();
	check_device(loop, makedev(LOOP_MAJOR, 7));
	check(fcntl(loop, F_GETFL) & O_NONBLOCK, "the loop device would wait");
	check_device(disk, device);
	check(fcntl(disk, F_GETFD) == FD_CLOEXEC, "close-on-exec");
	check(lseek(disk, 0, SEEK_CUR) == PLACE, "the place in the disk is %ld", (long)lseek(disk, 0, SEEK_CUR));
	check(read(disk, after, sizeof(after)) == sizeof(after) && !memcmp(before, after, sizeof(after)),
	      "the disk reads other things");
	must(umount("mounted"));
	pass();
}
