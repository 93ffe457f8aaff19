// SPDX-License-Identifier: GPL-2.0-only
/* A process outside of the tree has the slave of one pair, the master of another: refused, with who has it.
 *
 * refuses: its slave is also open in process; this master is also open in process; which is outside of the tree; its master is open in pid
 */
#include "test.h"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

/* Not ours any more, but init's; ends when the test does. */
static void leave_holder(int life[2], const int *closed)
{
	pid_t pid = (pid_t)must(fork());
	char byte;

	if (pid) {
		must(waitpid(pid, NULL, 0));
		return;
	}
	if (fork())
		_exit(0);
	setsid();
	test_leave_starter();
	close(life[1]);
	for (int i = 0; i < 3; i++)
		close(closed[i]);
	read(life[0], &byte, 1);
	_exit(0);
}

int main(int argc, char **argv)
{
	int masters[3], slaves[3], life[2];

	test_init(argc, argv);
	must(pipe(life));
	for (int i = 0; i < 3; i++)
		must(openpty(&masters[i], &slaves[i], NULL, NULL, NULL));
	leave_holder(life, (int[]){ masters[0], slaves[1], slaves[2] });
	close(masters[2]);
	close(life[0]);

	test_ready();
	test_wait();

	must(write(slaves[0], "x", 1));
	must(write(slaves[2], "x", 1));
	pass();
}
