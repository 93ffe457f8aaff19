// SPDX-License-Identifier: GPL-2.0-only
/* A task in uninterruptible sleep (the parent of a vfork whose child has not called exec yet) cannot be stopped: the
 * dump ends with its pid when --timeout is over.
 *
 * dump-options: --timeout 1
 * refuses: in time; vfork
 * flavours: host compat
 */
#include "test.h"

#include <unistd.h>

static int hold[2];

static void vforker(void *arg)
{
	char byte;

	test_ready();
	/* The parent sleeps until the child, which borrows its memory, has ended. */
	if (!vfork()) {
		while (read(hold[0], &byte, 1) < 0)
			;
		_exit(0);
	}
}

int main(int argc, char **argv)
{
	char state[32] = "";
	pid_t pid;

	test_init(argc, argv);
	must(pipe(hold));
	pid = test_child(vforker, NULL);
	for (int left = 1000; state[0] != 'D'; left--) {
		check(left, "the vforking task has state %s", state);
		usleep(1000);
		test_proc_line(pid, "status", "State", state, sizeof(state));
	}
	test_ready();
	test_wait();
	must(write(hold[1], "x", 1));
	test_end_child(pid);
	pass();
}
