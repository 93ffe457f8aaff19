// SPDX-License-Identifier: GPL-2.0-only
/* Children are forked and waited for all the time while the tree is dumped and restored.
 *
 * flavours: host ns
 * not-compared: children
 */
#include "test.h"

#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long number = 0;
	int status;

	test_init(argc, argv);
	test_ready();
	while (!test_stopped()) {
		pid_t pid = must(fork());

		if (!pid) {
			usleep(200);
			_exit(number % 100);
		}
		check(waitpid(pid, &status, 0) == pid, "waiting for child %lu", number);
		check(WIFEXITED(status) && WEXITSTATUS(status) == (int)(number % 100), "child %lu: %#x",
		      number, status);
		number++;
	}
	pass();
}
