// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/auxv stays as the program was started with.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static ssize_t vector(void *buffer, size_t size)
{
	int fd = must(open("/proc/self/auxv", O_RDONLY));
	ssize_t n = must(read(fd, buffer, size));

	close(fd);
	return n;
}

int main(int argc, char **argv)
{
	char before[1024], after[1024];
	ssize_t n;

	test_init(argc, argv);
	n = vector(before, sizeof(before));
	test_ready();
	test_wait();
	check(vector(after, sizeof(after)) == n && !memcmp(before, after, n), "the vector has changed");
	pass();
}
