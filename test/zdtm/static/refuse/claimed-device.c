// SPDX-License-Identifier: GPL-2.0-only
/* A block device that was opened with O_EXCL: nobody else can do so, which could not be promised again.
 *
 * refuses: node'): the block device is in use exclusively
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LOOP_MAJOR 7

int main(int argc, char **argv)
{
	test_init(argc, argv);
	must(mknod("node", S_IFBLK | 0600, makedev(LOOP_MAJOR, 6)));
	if (open("node", O_RDONLY | O_EXCL | O_NONBLOCK) < 0)
		skip("there is no free loop device");
	test_ready();
	test_wait();
	check(open("node", O_RDONLY | O_EXCL | O_NONBLOCK) < 0 && errno == EBUSY, "it is not claimed any more");
	pass();
}
