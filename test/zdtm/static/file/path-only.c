// SPDX-License-Identifier: GPL-2.0-only
/* A descriptor that only names a file (O_PATH): of a file and of a directory.
 *
 * flavours: host ns
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct stat before, after;
	int file, directory;
	char byte;

	test_init(argc, argv);
	close(must(open("file", O_WRONLY | O_CREAT, 0644)));
	file = must(open("file", O_PATH));
	directory = must(open(".", O_PATH | O_DIRECTORY));
	must(fstat(file, &before));
	test_ready();
	test_wait();
	must(fstat(file, &after));
	check(before.st_ino == after.st_ino, "it names another file");
	check(read(file, &byte, 1) == -1 && errno == EBADF, "it can be read");
	must(fstatat(directory, "file", &after, 0));
	check(before.st_ino == after.st_ino, "the directory is another one");
	pass();
}
