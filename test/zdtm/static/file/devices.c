// SPDX-License-Identifier: GPL-2.0-only
/* The memory devices: null, zero, full, random, urandom.
 *
 * flavours: host ns
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const struct {
	const char *path;
	int flags;
	int minor;
} kinds[] = {
	{ "/dev/null", O_RDWR, 3 },
	{ "/dev/zero", O_RDONLY, 5 },
	{ "/dev/full", O_WRONLY | O_CLOEXEC, 7 },
	{ "/dev/random", O_RDONLY, 8 },
	{ "/dev/urandom", O_RDONLY | O_NONBLOCK, 9 },
};

int main(int argc, char **argv)
{
	int fd[ARRAY_SIZE(kinds)];
	struct stat status;
	uint64_t word = 1;

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		fd[i] = must(open(kinds[i].path, kinds[i].flags));
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		must(fstat(fd[i], &status));
		check(S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, kinds[i].minor),
		      "%s is another device", kinds[i].path);
	}
	check(write(fd[0], &word, 8) == 8 && read(fd[0], &word, 8) == 0, "/dev/null does not work");
	check(read(fd[1], &word, 8) == 8 && !word, "/dev/zero gives %#lx", word);
	check(write(fd[2], &word, 8) == -1 && errno == ENOSPC, "/dev/full is not full");
	check(read(fd[3], &word, 8) == 8 && word, "/dev/random gives nothing");
	check(read(fd[4], &word, 8) == 8, "/dev/urandom gives nothing");
	pass();
}
