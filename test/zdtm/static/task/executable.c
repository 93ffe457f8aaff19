// SPDX-License-Identifier: GPL-2.0-only
/* /proc/PID/exe leads to the program, and the program can be run again from there.
 *
 * flavours: host ns compat
 */
#include "test.h"

#include <limits.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char before[PATH_MAX] = "", after[PATH_MAX] = "";
	int status;
	pid_t pid;

	if (argc == 2 && !strcmp(argv[1], "--answer"))
		return 42;
	test_init(argc, argv);
	must(readlink("/proc/self/exe", before, sizeof(before) - 1));
	test_ready();
	test_wait();
	must(readlink("/proc/self/exe", after, sizeof(after) - 1));
	check(!strcmp(before, after), "the program was %s and is %s", before, after);
	pid = must(fork());
	if (!pid) {
		execl("/proc/self/exe", "again", "--answer", NULL);
		_exit(1);
	}
	must(waitpid(pid, &status, 0));
	check(WIFEXITED(status) && WEXITSTATUS(status) == 42, "run again it ends with %#x", status);
	pass();
}
