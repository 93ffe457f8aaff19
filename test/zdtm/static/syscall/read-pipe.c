// SPDX-License-Identifier: GPL-2.0-only
/* A read from an empty pipe goes on waiting and gets what is written later.
 *
 * flavours: host ns compat
 */
#define NUMBER SYS_read
#include "blocked.h"

static int ends[2];

static void prepare(void)
{
	must(pipe(ends));
}

static void block(void)
{
	char buffer[16];
	ssize_t n = read(ends[0], buffer, sizeof(buffer));

	check(n == 5 && !memcmp(buffer, "later", 5), "read returns %zd: %s", n, strerror(errno));
}

static void unblock(void)
{
	must(write(ends[1], "later", 5));
}
