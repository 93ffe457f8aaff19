// SPDX-License-Identifier: GPL-2.0-only
/* select without a time-out goes on waiting for its descriptor.
 *
 * flavours: host ns
 * skip-if: not-x86
 */
#ifdef __x86_64__
#define NUMBER SYS_select
#include "blocked.h"

#include <sys/select.h>

static int ends[2];

static void prepare(void)
{
	must(pipe(ends));
}

static void block(void)
{
	fd_set set;
	int n;

	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	/* glibc's select is pselect6; the old call has a restart of its own in the kernel. */
	n = syscall(SYS_select, ends[0] + 1, &set, NULL, NULL, NULL);
	check(n == 1 && FD_ISSET(ends[0], &set), "select returns %d: %s", n, strerror(errno));
}

static void unblock(void)
{
	must(write(ends[1], "x", 1));
}
#else
#include "test.h"

int main(int argc, char **argv)
{
	skip("written for x86_64");
}
#endif
