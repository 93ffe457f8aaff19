// SPDX-License-Identifier: GPL-2.0-only
/* A network namespace of the tree's own that a mount keeps, as `ip netns` does, is refused unless it is given from outside:
 * the mount is named.
 *
 * refuses: is kept by the mount '; --join-ns net:
 * kinds: net
 */
#include "test.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	test_init(argc, argv);
	close(must(open("name", O_RDONLY | O_CREAT, 0600)));
	must(unshare(CLONE_NEWNET));
	must(mount("/proc/self/ns/net", "name", NULL, MS_BIND, NULL));
	test_ready();
	test_wait();
	must(umount2("name", MNT_DETACH));
	pass();
}
