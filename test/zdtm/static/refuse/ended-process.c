// SPDX-License-Identifier: GPL-2.0-only
/* A file of /proc that was read in part before its process ended: the kernel holds the rest of the text.
 *
 * refuses: its process has ended, and the rest
 * kinds: regular
 */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char name[64], text[64];
	int status;
	pid_t pid;

	test_init(argc, argv);
	pid = must(fork());
	if (pid == 0)
		for (;;)
			pause();
	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	status = must(open(name, O_RDONLY));
	must(read(status, text, 9));
	must(kill(pid, SIGKILL));
	must(waitpid(pid, NULL, 0));
	test_ready();
	test_wait();
	check(read(status, text, sizeof(text)) > 0, "the rest of the text is gone");
	pass();
}
