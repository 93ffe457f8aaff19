// SPDX-License-Identifier: GPL-2.0-only
/* Deleted files of all types that are held by O_PATH: a symbolic link, a socket, a fifo, a device, a directory. */
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const mode_t types[] = { S_IFLNK, S_IFSOCK, S_IFIFO, S_IFCHR, S_IFDIR, S_IFREG };

int main(int argc, char **argv)
{
	int fds[ARRAY_SIZE(types)], again = -1;
	char target[32] = "";
	struct stat st;

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i] == S_IFLNK)
			must(symlink("somewhere else", "name"));
		else if (types[i] == S_IFDIR)
			must(mkdir("name", 0700));
		else
			must(mknod("name", types[i] | 0640, types[i] == S_IFCHR ? makedev(1, 3) : 0));
		fds[i] = must(open("name", O_PATH | O_NOFOLLOW));
		if (types[i] == S_IFLNK)
			again = must(open("name", O_PATH | O_NOFOLLOW));
		must((types[i] == S_IFDIR ? rmdir : unlink)("name"));
	}
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		must(fstat(fds[i], &st));
		check((st.st_mode & S_IFMT) == types[i] && !st.st_nlink, "file %zu has mode 0%o", i, st.st_mode);
		check(types[i] != S_IFCHR || st.st_rdev == makedev(1, 3), "device number");
	}
	must(readlinkat(fds[0], "", target, sizeof(target) - 1));
	check(!strcmp(target, "somewhere else"), "target '%s'", target);
	must(fstat(again, &st));
	pass();
}
