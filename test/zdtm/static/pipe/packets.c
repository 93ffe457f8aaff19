// SPDX-License-Identifier: GPL-2.0-only
/* Packets in pipes (O_DIRECT) stay apart: of one byte, of a whole page, behind and before bytes without boundaries, in a
 * full pipe. The flag itself is kept, too. */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void put(int fd, int size, uint32_t seed, int flags)
{
	static uint8_t data[TEST_PAGE];

	must(fcntl(fd, F_SETFL, O_NONBLOCK | flags));
	test_fill(data, size, seed);
	check(write(fd, data, size) == size, "short write");
}

static void get(int fd, int size, uint32_t seed)
{
	static uint8_t data[2 * TEST_PAGE];
	int got = read(fd, data, sizeof(data));

	check(got == size, "%d bytes instead of %d", got, size);
	check(test_differs(data, size, seed) < 0, "contents of %d bytes", size);
}

int main(int argc, char **argv)
{
	int mixed[2], full[2], last[2];

	test_init(argc, argv);
	must(pipe2(mixed, O_NONBLOCK));
	put(mixed[1], 300, 1, O_DIRECT);
	put(mixed[1], 1, 2, O_DIRECT);
	put(mixed[1], TEST_PAGE, 3, O_DIRECT);
	put(mixed[1], 1, 4, O_DIRECT);
	put(mixed[1], 5, 5, 0);
	must(pipe2(full, O_NONBLOCK | O_DIRECT));
	for (int i = 0; i < 16; i++)
		put(full[1], 1 + i, i, O_DIRECT);
	check(write(full[1], "x", 1) < 0 && errno == EAGAIN, "the pipe is not full");
	must(pipe2(last, O_NONBLOCK | O_DIRECT));
	put(last[1], 7, 1, O_DIRECT);
	test_ready();
	test_wait();
	get(mixed[0], 300, 1);
	get(mixed[0], 1, 2);
	get(mixed[0], TEST_PAGE, 3);
	get(mixed[0], 1, 4);
	get(mixed[0], 5, 5);
	check(!(fcntl(mixed[1], F_GETFL) & O_DIRECT), "O_DIRECT appeared");
	check(write(full[1], "x", 1) < 0 && errno == EAGAIN, "there is room in the full pipe");
	for (int i = 0; i < 16; i++)
		get(full[0], 1 + i, i);
	check(fcntl(full[1], F_GETFL) & O_DIRECT, "O_DIRECT is lost");
	put(last[1], 9, 2, O_DIRECT);
	get(last[0], 7, 1);
	get(last[0], 9, 2);
	pass();
}
