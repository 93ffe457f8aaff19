// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors made by dup are one open file with one offset; two of the same path, opened apart, are not. Numbers are
 * kept, far apart ones too.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int first, copy, apart, ends[2], end_copy;
	char byte;

	test_init(argc, argv);
	first = must(open("file", O_RDWR | O_CREAT, 0644));
	copy = must(dup2(first, 700));
	apart = must(open("file", O_RDWR | O_CLOEXEC));
	must(pipe(ends));
	end_copy = must(fcntl(ends[1], F_DUPFD_CLOEXEC, 50));
	must(lseek(first, 5, SEEK_SET));
	test_ready();
	test_wait();
	must(lseek(first, 100, SEEK_SET));
	check(lseek(copy, 0, SEEK_CUR) == 100, "the copy has offset %ld", lseek(copy, 0, SEEK_CUR));
	check(lseek(apart, 0, SEEK_CUR) == 0, "the other file has offset %ld", lseek(apart, 0, SEEK_CUR));
	must(fcntl(copy, F_SETFL, O_APPEND));
	check(fcntl(first, F_GETFL) & O_APPEND, "the copy has flags of its own");
	check(!(fcntl(apart, F_GETFL) & O_APPEND), "the other file shares flags");
	check(fcntl(apart, F_GETFD) == FD_CLOEXEC && !fcntl(copy, F_GETFD), "close-on-exec has changed");
	check(fcntl(end_copy, F_GETFD) == FD_CLOEXEC, "close-on-exec of the pipe has changed");
	close(ends[1]);
	must(write(end_copy, "x", 1));
	check(read(ends[0], &byte, 1) == 1 && byte == 'x', "the copy leads to another pipe");
	close(end_copy);
	check(read(ends[0], &byte, 1) == 0, "there is one writing end too many");
	pass();
}
