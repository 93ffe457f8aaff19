// SPDX-License-Identifier: GPL-2.0-only
/* Capacity, packet mode and non-blocking ends of pipes.
 *
 * flavours: host ns
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int large[2], small[2], packets[2], half[2];
	char buffer[64];

	test_init(argc, argv);
	must(pipe(large));
	must(fcntl(large[1], F_SETPIPE_SZ, 1 << 20));
	must(pipe(small));
	must(fcntl(small[1], F_SETPIPE_SZ, 4096));
	must(pipe2(packets, O_DIRECT));
	must(write(packets[1], "one", 3));
	must(write(packets[1], "second", 6));
	must(pipe(half));
	must(fcntl(half[0], F_SETFL, O_NONBLOCK));
	test_ready();
	test_wait();
	check(fcntl(large[0], F_GETPIPE_SZ) == 1 << 20, "the large pipe has %d bytes",
	      fcntl(large[0], F_GETPIPE_SZ));
	check(fcntl(small[0], F_GETPIPE_SZ) == 4096, "the small pipe has %d bytes", fcntl(small[0], F_GETPIPE_SZ));
	check(read(packets[0], buffer, sizeof(buffer)) == 3, "the first packet has another size");
	check(read(packets[0], buffer, sizeof(buffer)) == 6, "the second packet has another size");
	must(write(packets[1], "a", 1));
	must(write(packets[1], "b", 1));
	check(read(packets[0], buffer, sizeof(buffer)) == 1, "packets run together");
	check(read(half[0], buffer, 1) == -1 && errno == EAGAIN, "the reading end blocks");
	check(!(fcntl(half[1], F_GETFL) & O_NONBLOCK), "the writing end does not block");
	pass();
}
