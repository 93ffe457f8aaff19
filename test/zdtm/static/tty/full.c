// SPDX-License-Identifier: GPL-2.0-only
/* As much as the kernel takes in both directions, in large and in small pieces.
 *
 * kinds: tty tty_data
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define MOST (64 * 1024)

static size_t fill(int fd, int other, size_t piece, uint32_t seed)
{
	static char bytes[MOST];
	struct pollfd poller = { .fd = other, .events = POLLIN };
	size_t total = 0;

	test_fill(bytes, sizeof(bytes), seed);
	/* What the kernel still carries over makes room: until it takes nothing for a while. */
	for (int misses = 0; misses < 20;) {
		ssize_t put = write(fd, bytes + total, piece);

		if (put > 0) {
			total += (size_t)put;
			misses = 0;
			continue;
		}
		misses++;
		must(poll(&poller, 1, 1));
	}
	return total;
}

static void check_bytes(int fd, size_t total, uint32_t seed, const char *what)
{
	static char bytes[MOST];
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	size_t have = 0;

	while (have < total && must(poll(&poller, 1, 5000)) == 1)
		have += (size_t)must(read(fd, bytes + have, sizeof(bytes) - have));
	check(have == total, "%s: %zu bytes instead of %zu", what, have, total);
	check(test_differs(bytes, total, seed) < 0, "%s: other bytes", what);
	check(poll(&poller, 1, 0) == 0, "%s: there are more", what);
}

int main(int argc, char **argv)
{
	static const size_t pieces[] = { 1, 7, 300, 2048, 4096 };
	int masters[5], slaves[5];
	size_t output[5], input[5];
	struct termios settings;

	test_init(argc, argv);
	for (int i = 0; i < 5; i++) {
		must(openpty(&masters[i], &slaves[i], NULL, NULL, NULL));
		must(tcgetattr(slaves[i], &settings));
		cfmakeraw(&settings);
		must(tcsetattr(slaves[i], TCSANOW, &settings));
		must(fcntl(masters[i], F_SETFL, O_NONBLOCK));
		must(fcntl(slaves[i], F_SETFL, O_NONBLOCK));
		output[i] = fill(slaves[i], masters[i], pieces[i], 10 + i);
		input[i] = fill(masters[i], slaves[i], pieces[i], 20 + i);
		check(output[i] > 4095 && input[i] > 4095, "only %zu and %zu bytes", output[i], input[i]);
	}

	test_ready();
	test_wait();

	for (int i = 0; i < 5; i++) {
		check_bytes(masters[i], output[i], 10 + i, "output");
		check_bytes(slaves[i], input[i], 20 + i, "input");
	}
	pass();
}
