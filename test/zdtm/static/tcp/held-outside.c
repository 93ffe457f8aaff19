// SPDX-License-Identifier: GPL-2.0-only
/* A listener that a process outside of the tree holds as well: it would go on with it.
 *
 * refuses: the TCP socket is held outside of the tree as well, by process; (held-outside)
 */
#include "test.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Its parent ends at once, so it is nobody's child in the tree; it ends with the program. */
static void stay_outside(const int lifeline[2])
{
	char byte;

	test_leave_starter();
	close(lifeline[1]);
	if (fork() == 0)
		_exit(read(lifeline[0], &byte, 1) == 0 ? 0 : 1);
	_exit(0);
}

int main(int argc, char **argv)
{
	int lifeline[2], status;
	pid_t pid;

	test_init(argc, argv);
	must(listen(must(socket(AF_INET, SOCK_STREAM, 0)), 5));
	must(pipe(lifeline));
	pid = must(fork());
	if (!pid)
		stay_outside(lifeline);
	must(waitpid(pid, &status, 0));
	test_ready();
	test_wait();
	pass();
}
