// SPDX-License-Identifier: GPL-2.0-only
/* A process outside of the tree has the slave of one pair, the master of another: refused, with who has it.
 *
 * refuses: its slave is also open in process; this master is also open in process; which is outside of the tree; its master is open in pid
 */
#include "test.h"

#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Not ours any more, but init's. */
static pid_t leave_holder(int life[2], const int *closed)
{
	pid_t pid = (pid_t)must(fork());

	if (pid) {
		must(waitpid(pid, NULL, 0));
		must(read(life[0], &pid, sizeof(pid)));
		return pid;
	}
	if (fork())
		_exit(0);
	setsid();
	test_leave_starter();
	for (int i = 0; i < 3; i++)
		close(closed[i]);
	pid = getpid();
	must(write(life[1], &pid, sizeof(pid)));
	close(life[0]);
	close(life[1]);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int masters[3], slaves[3], life[2];
	pid_t holder;

	test_init(argc, argv);
	must(pipe(life));
	for (int i = 0; i < 3; i++)
		must(openpty(&masters[i], &slaves[i], NULL, NULL, NULL));
	holder = leave_holder(life, (int[]){ masters[0], slaves[1], slaves[2] });
	close(masters[2]);
	close(life[0]);
	close(life[1]);

	test_ready();
	test_wait();

	must(write(slaves[0], "x", 1));
	must(write(slaves[2], "x", 1));
	must(kill(holder, SIGKILL));
	while (kill(holder, 0) == 0)
		usleep(1000);
	pass();
}
