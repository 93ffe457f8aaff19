// SPDX-License-Identifier: GPL-2.0-only
/* A file whose path has more than PATH_MAX bytes: the kernel does not show it.
 *
 * refuses: descriptor 60; longer than
 * kinds: regular
 * not-compared: descriptors
 */
#include "test.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int start, fd;
	char name[200];

	test_init(argc, argv);
	start = must(open(".", O_RDONLY | O_DIRECTORY));
	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (size_t length = 0; length < PATH_MAX; length += sizeof(name)) {
		must(mkdir(name, 0700));
		must(chdir(name));
	}
	fd = must(open("file", O_RDWR | O_CREAT, 0600));
	must(dup2(fd, 60));
	must(close(fd));
	must(fchdir(start));
	test_ready();
	test_wait();
	pass();
}
