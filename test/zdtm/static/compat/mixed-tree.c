// SPDX-License-Identifier: GPL-2.0-only
/* A 32-bit program with a 64-bit child which has a 32-bit child of its own, and the reverse: each goes on as what it
 * was.
 *
 * flavours: host compat
 * skip-if: not-x86
 * kinds: compat
 */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEPTH 2

static void other_program(char *path, size_t size)
{
	ssize_t n = must(readlink("/proc/self/exe", path, size - 4));

	path[n] = 0;
	if (sizeof(void *) == 4)
		path[n - 3] = 0; /* ".32" */
	else
		memcpy(path + n, ".32", 4);
}

static pid_t start_child(int depth, int ready)
{
	char path[4096], level[8], fd[8];
	pid_t pid = must(fork());

	if (pid)
		return pid;
	other_program(path, sizeof(path));
	snprintf(level, sizeof(level), "%d", depth);
	snprintf(fd, sizeof(fd), "%d", ready);
	execl(path, path, "child", level, fd, NULL);
	_exit(99);
}

static void end_child(pid_t pid)
{
	int status;

	must(kill(pid, SIGUSR1));
	must(waitpid(pid, &status, 0));
	check(WIFEXITED(status) && !WEXITSTATUS(status), "child %d ended with %#x", pid, status);
}

static volatile sig_atomic_t ended;

static void end(int sig)
{
	ended = 1;
}

/* No test of the library's: it has another way to be ended, and says nothing. */
static int child_main(int depth, int ready)
{
	struct sigaction action = { .sa_handler = end };
	uint32_t memory[1024];
	pid_t pid = 0;

	sigaction(SIGUSR1, &action, NULL);
	test_fill(memory, sizeof(memory), depth);
	if (depth > 1)
		pid = start_child(depth - 1, ready);
	if (write(ready, "x", 1) != 1)
		return 1;
	close(ready);
	while (!ended)
		usleep(2000);
	if (pid)
		end_child(pid);
	return test_differs(memory, sizeof(memory), depth) >= 0;
}

int main(int argc, char **argv)
{
	char bytes[DEPTH], path[4096];
	int ready[2];
	pid_t pid;

	if (argc == 4 && !strcmp(argv[1], "child"))
		return child_main(atoi(argv[2]), atoi(argv[3]));
	test_init(argc, argv);
	other_program(path, sizeof(path));
	if (access(path, X_OK))
		skip("no program of the other size: '%s'", path);
	must(pipe(ready));
	pid = start_child(DEPTH, ready[1]);
	close(ready[1]);
	for (int i = 0; i < DEPTH; i++)
		check(must(read(ready[0], bytes, 1)) == 1, "a child does not start");
	/* A child that has said so has yet to close its end. */
	check(must(read(ready[0], bytes, 1)) == 0, "more children than were started");
	close(ready[0]);
	test_ready();
	test_wait();
	end_child(pid);
	pass();
}
