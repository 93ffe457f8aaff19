// SPDX-License-Identifier: GPL-2.0-only
/* A thread that waits for a child gets its status after the restore.
 *
 * flavours: host ns compat
 */
#define NUMBER SYS_wait4
#include "blocked.h"

#include <sys/wait.h>

static pid_t child;

static void sleeper(void *arg)
{
	test_ready();
	test_wait();
	_exit(42);
}

static void prepare(void)
{
	child = test_child(sleeper, NULL);
}

static void block(void)
{
	int status;
	pid_t pid = waitpid(child, &status, 0);

	check(pid == child, "waitpid returns %d: %s", pid, strerror(errno));
	check(WIFEXITED(status) && WEXITSTATUS(status) == 42, "the status is %#x", status);
}

static void unblock(void)
{
	must(kill(child, SIGTERM));
}
