// SPDX-License-Identifier: GPL-2.0-only
/* Files of /proc whose process has ended: still open, still without anything to read; and such a directory.
 *
 * kinds: regular
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int status, directory;
	char name[64], text[64];
	pid_t pid;

	test_init(argc, argv);
	pid = must(fork());
	if (pid == 0)
		for (;;)
			pause();
	snprintf(name, sizeof(name), "/proc/%d/status", pid);
	status = must(open(name, O_RDONLY | O_NONBLOCK));
	snprintf(name, sizeof(name), "/proc/%d", pid);
	directory = must(open(name, O_RDONLY | O_DIRECTORY));
	must(kill(pid, SIGKILL));
	must(waitpid(pid, NULL, 0));
	test_ready();
	test_wait();
	check(fcntl(status, F_GETFL) & O_NONBLOCK, "flag");
	check(read(status, text, sizeof(text)) < 0 && errno == ESRCH, "there is something to read");
	check(openat(directory, "status", O_RDONLY) < 0 && errno == ESRCH, "the process is back: %m");
	pass();
}
