// SPDX-License-Identifier: GPL-2.0-only
/* Capacity and non-blocking ends of pipes.
 *
 * flavours: host ns
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int large[2], small[2], half[2];
	char byte;

	test_init(argc, argv);
	must(pipe(large));
	must(fcntl(large[1], F_SETPIPE_SZ, 1 << 20));
	must(pipe(small));
	must(fcntl(small[1], F_SETPIPE_SZ, 4096));
	must(pipe(half));
	must(fcntl(half[0], F_SETFL, O_NONBLOCK));
	test_ready();
	test_wait();
	check(fcntl(large[0], F_GETPIPE_SZ) == 1 << 20, "the large pipe has %d bytes",
	      fcntl(large[0], F_GETPIPE_SZ));
	check(fcntl(small[0], F_GETPIPE_SZ) == 4096, "the small pipe has %d bytes", fcntl(small[0], F_GETPIPE_SZ));
	check(read(half[0], &byte, 1) == -1 && errno == EAGAIN, "the reading end blocks");
	check(!(fcntl(half[1], F_GETFL) & O_NONBLOCK), "the writing end does not block");
	pass();
}
