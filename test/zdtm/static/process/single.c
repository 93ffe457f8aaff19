// SPDX-License-Identifier: GPL-2.0-only
/* The smallest case: one task that sleeps goes on with its pid and its memory.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <unistd.h>

int main(int argc, char **argv)
{
	static char memory[3 * TEST_PAGE];
	pid_t pid;

	test_init(argc, argv);
	pid = getpid();
	test_fill(memory, sizeof(memory), 7);
	test_ready();
	test_wait();
	check(getpid() == pid, "the pid was %d and is %d", pid, getpid());
	check(test_differs(memory, sizeof(memory), 7) < 0, "the memory has changed");
	pass();
}
