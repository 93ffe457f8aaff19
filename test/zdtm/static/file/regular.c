// SPDX-License-Identifier: GPL-2.0-only
/* Regular files: place, open mode and status flags of each descriptor.
 *
 * flavours: host ns uns compat
 * kinds: regular
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const struct {
	int flags;
	off_t offset;
} kinds[] = {
	{ O_RDONLY, 17 },
	{ O_WRONLY, 0 },
	{ O_RDWR, 4096 },
	{ O_RDWR | O_APPEND, 3 },
	{ O_RDWR | O_NONBLOCK, 9 },
	{ O_WRONLY | O_SYNC, 1 },
	{ O_RDWR | O_NOATIME, 1 << 30 },
	{ O_RDONLY | O_CLOEXEC, 2 },
	{ O_RDWR | O_DSYNC, 5 },
};

int main(int argc, char **argv)
{
	int fd[ARRAY_SIZE(kinds)], flags[ARRAY_SIZE(kinds)];
	char text[8] = "";

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		fd[i] = must(open("file", kinds[i].flags | O_CREAT, 0644));
		must(lseek(fd[i], kinds[i].offset, SEEK_SET));
		flags[i] = must(fcntl(fd[i], F_GETFL));
	}
	must(pwrite(fd[2], "contents", 8, 0));
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		off_t offset = must(lseek(fd[i], 0, SEEK_CUR));
		int now = must(fcntl(fd[i], F_GETFL));

		check(offset == kinds[i].offset, "file %zu: offset %ld became %ld", i, kinds[i].offset, offset);
		check(now == flags[i], "file %zu: flags %#o became %#o", i, flags[i], now);
		check(!!(kinds[i].flags & O_CLOEXEC) == must(fcntl(fd[i], F_GETFD)), "file %zu: close-on-exec", i);
	}
	must(write(fd[3], "added", 5));
	check(pread(fd[0], text, 5, 8) == 5 && !memcmp(text, "added", 5), "the append went elsewhere: '%s'", text);
	check(write(fd[0], "x", 1) == -1 && errno == EBADF, "a read-only descriptor can be written");
	check(read(fd[1], text, 1) == -1 && errno == EBADF, "a write-only descriptor can be read");
	pass();
}
