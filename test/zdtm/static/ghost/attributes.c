// SPDX-License-Identifier: GPL-2.0-only
/* Attributes of deleted files (chattr): one without dump and with sync, one that can only be appended to, one that cannot
 * be changed at all; a plain one, and a directory.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTABLE (FS_NODUMP_FL | FS_NOATIME_FL | FS_APPEND_FL | FS_IMMUTABLE_FL)

static const struct {
	const char *name;
	unsigned int flags;
	int how;
} files[] = {
	{ "kept-out", FS_NODUMP_FL | FS_NOATIME_FL, O_RDWR },
	{ "appended", FS_APPEND_FL, O_WRONLY | O_APPEND },
	{ "fixed", FS_IMMUTABLE_FL, O_RDWR },
	{ "plain", 0, O_RDWR },
	{ "directory", FS_NODUMP_FL, O_RDONLY | O_DIRECTORY },
};

static unsigned int flags_of(int fd)
{
	unsigned int flags;

	must(ioctl(fd, FS_IOC_GETFLAGS, &flags));
	return flags;
}

int main(int argc, char **argv)
{
	int fds[ARRAY_SIZE(files)];

	test_init(argc, argv);
	must(mkdir("directory", 0700));
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		unsigned int flags;

		fds[i] = must(open(files[i].name, files[i].how | (files[i].how & O_DIRECTORY ? 0 : O_CREAT), 0600));
		must(files[i].how & O_DIRECTORY ? rmdir(files[i].name) : unlink(files[i].name));
		if (ioctl(fds[i], FS_IOC_GETFLAGS, &flags) < 0)
			skip("this file system has no attributes");
		flags |= files[i].flags;
		if (files[i].flags && ioctl(fds[i], FS_IOC_SETFLAGS, &flags) < 0 && errno == EPERM)
			skip("attributes must not be set here");
		check((flags_of(fds[i]) & SETTABLE) == files[i].flags, "'%s' cannot be set up", files[i].name);
	}
	must(write(fds[1], "appended", 8));
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		check((flags_of(fds[i]) & SETTABLE) == files[i].flags, "'%s' has attributes 0x%x, not 0x%x",
		      files[i].name, flags_of(fds[i]) & SETTABLE, files[i].flags);
	check(write(fds[1], "more", 4) == 4 && lseek(fds[1], 0, SEEK_END) == 12, "nothing can be appended");
	check(write(fds[2], "x", 1) < 0 && errno == EPERM, "the fixed file can be changed");
	pass();
}
