// SPDX-License-Identifier: GPL-2.0-only
/* A write to a full pipe goes on waiting and ends when there is room.
 *
 * flavours: host ns
 */
#define NUMBER SYS_write
#include "blocked.h"

#include <fcntl.h>

static int ends[2];
static char full[65536];

static void prepare(void)
{
	must(pipe(ends));
	must(write(ends[1], full, must(fcntl(ends[1], F_GETPIPE_SZ))));
}

static void block(void)
{
	ssize_t n = write(ends[1], "later", 5);

	check(n == 5, "write returns %zd: %s", n, strerror(errno));
}

static void unblock(void)
{
	char buffer[5];

	for (int left = fcntl(ends[1], F_GETPIPE_SZ); left; left -= must(read(ends[0], full, left)))
		;
	check(read(ends[0], buffer, 5) == 5 && !memcmp(buffer, "later", 5), "the last write is not in the pipe");
}
