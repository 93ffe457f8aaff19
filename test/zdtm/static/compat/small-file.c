// SPDX-License-Identifier: GPL-2.0-only
/* A file that a 32-bit program opened without O_LARGEFILE cannot be written beyond 2 GiB after the restore either; one
 * opened with it can.
 *
 * flavours: compat
 * kinds: compat regular
 */
#define _LARGEFILE64_SOURCE
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define BEYOND 0x80000000LL

int main(int argc, char **argv)
{
	int small, large, directory, flags[3];

	test_init(argc, argv);
	small = must(open("small", O_RDWR | O_CREAT, 0600));
	large = must(open("large", O_RDWR | O_CREAT | O_LARGEFILE, 0600));
	directory = must(open(".", O_RDONLY | O_DIRECTORY));
	flags[0] = must(fcntl(small, F_GETFL));
	flags[1] = must(fcntl(large, F_GETFL));
	flags[2] = must(fcntl(directory, F_GETFL));
	test_ready();
	test_wait();
	check(fcntl(small, F_GETFL) == flags[0], "flags %#o became %#o", flags[0], fcntl(small, F_GETFL));
	check(fcntl(large, F_GETFL) == flags[1], "flags %#o became %#o", flags[1], fcntl(large, F_GETFL));
	check(fcntl(directory, F_GETFL) == flags[2], "flags %#o became %#o", flags[2], fcntl(directory, F_GETFL));
	check(pwrite64(small, "x", 1, BEYOND) == -1 && errno == EFBIG, "the small file grows beyond 2 GiB");
	check(pwrite64(large, "x", 1, BEYOND) == 1, "the large file does not grow: errno %d", errno);
	pass();
}
