// SPDX-License-Identifier: GPL-2.0-only
/* A file opened for appending: a write goes to its end, wherever the offset is.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd;

	test_init(argc, argv);
	fd = must(open("file", O_RDWR | O_CREAT | O_APPEND, 0644));
	must(write(fd, "before", 6));
	test_ready();
	test_wait();
	must(lseek(fd, 0, SEEK_SET));
	must(write(fd, "after", 5));
	check(lseek(fd, 0, SEEK_END) == 11, "the file has %ld bytes", lseek(fd, 0, SEEK_END));
	pass();
}
