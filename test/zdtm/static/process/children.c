// SPDX-License-Identifier: GPL-2.0-only
/* Children and grandchildren keep pids, parents and the order of the family.
 *
 * flavours: host ns uns compat
 * kinds: identity
 */
#include "test.h"

#include <signal.h>
#include <unistd.h>

#define DEPTH 3
#define WIDTH 2

static void family(void *arg)
{
	pid_t parent = getppid(), self = getpid(), child[WIDTH];
	int depth = *(int *)arg, below = depth - 1;

	for (int i = 0; depth && i < WIDTH; i++)
		child[i] = test_child(family, &below);
	test_ready();
	test_wait();
	check(getpid() == self, "the pid was %d and is %d", self, getpid());
	for (int i = 0; depth && i < WIDTH; i++) {
		test_end_child(child[i]);
		check(kill(child[i], 0) == -1, "child %d lives after its end", child[i]);
	}
	/* The root's parent is whoever restored it. */
	check(depth == DEPTH || getppid() == parent, "the parent of %d was %d and is %d", self, parent, getppid());
}

int main(int argc, char **argv)
{
	int depth = DEPTH;

	test_init(argc, argv);
	family(&depth);
	pass();
}
