// SPDX-License-Identifier: GPL-2.0-only
/* A device whose name is gone is opened by another name of the same device (--evasive-devices).
 *
 * dump-options: --evasive-devices
 * not-compared: descriptors
 */
#include "test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char link[32], shown[256] = "";
	struct stat st;
	int fd;

	test_init(argc, argv);
	must(mknod("device", S_IFCHR | 0600, makedev(1, 7)));
	fd = must(open("device", O_RDWR));
	must(unlink("device"));
	test_ready();
	test_wait();
	must(fstat(fd, &st));
	check(st.st_rdev == makedev(1, 7), "another device");
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	must(readlink(link, shown, sizeof(shown) - 1));
	check(!strcmp(shown, "/dev/full") || strstr(shown, "/device"), "the name is '%s'", shown);
	pass();
}
