// SPDX-License-Identifier: GPL-2.0-only
/* Devices and other descriptors that hold a state nobody tells are refused by what they are.
 *
 * refuses: file systems in user space (fuse); mounts in the making; landlock rule sets
 * kinds: regular
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_or_skip(const char *name, long fd)
{
	if (fd < 0)
		skip("%s: %s", name, strerror(errno));
	return (int)fd;
}

int main(int argc, char **argv)
{
	struct landlock_ruleset_attr rules = { .handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE };
	int fuse, making, ruleset;

	test_init(argc, argv);
	fuse = open_or_skip("fuse", open("/dev/fuse", O_RDWR));
	making = open_or_skip("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
	ruleset = open_or_skip("landlock", syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0));
	test_ready();
	test_wait();
	must(close(fuse));
	must(close(making));
	must(close(ruleset));
	pass();
}
