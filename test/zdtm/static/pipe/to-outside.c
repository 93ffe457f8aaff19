// SPDX-License-Identifier: GPL-2.0-only
/* A pipe whose reader is outside of the tree, if "outside" leads to one: the scenario pipe-to-outside makes it so. */
#include "test.h"

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd, ends[2];

	test_init(argc, argv);
	if (access("outside", F_OK) == 0) {
		fd = must(open("outside", O_WRONLY));
	} else {
		must(pipe(ends));
		fd = ends[1];
	}
	must(dup2(fd, 60));
	must(close(fd));
	test_ready();
	test_wait();
	check(write(60, "after", 5) == 5, "nothing can be written");
	pass();
}
