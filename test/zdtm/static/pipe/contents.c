// SPDX-License-Identifier: GPL-2.0-only
/* What was written into pipes and not read yet: nothing, a byte, many small writes, a full pipe.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const int sizes[] = { 0, 1, 5000, 65536 };

int main(int argc, char **argv)
{
	static uint8_t data[65536], now[65536];
	int ends[ARRAY_SIZE(sizes)][2];

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		must(pipe2(ends[i], O_NONBLOCK));
		test_fill(data, sizes[i], i);
		for (int at = 0, step; at < sizes[i]; at += step) {
			step = sizes[i] == 65536 ? 4096 : 1 + at % 900;
			if (step > sizes[i] - at)
				step = sizes[i] - at;
			check(write(ends[i][1], data + at, step) == step, "short write to pipe %zu", i);
		}
	}
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		int n = 0, got;

		while ((got = read(ends[i][0], now + n, sizeof(now) - n)) > 0)
			n += got;
		check(n == sizes[i], "pipe %zu: %d bytes, not %d", i, n, sizes[i]);
		check(n == sizeof(now) || (got == -1 && errno == EAGAIN), "pipe %zu does not stay open", i);
		check(test_differs(now, n, i) < 0, "pipe %zu: other contents", i);
		must(write(ends[i][1], "again", 5));
		check(read(ends[i][0], now, 5) == 5, "pipe %zu cannot be used again", i);
	}
	pass();
}
