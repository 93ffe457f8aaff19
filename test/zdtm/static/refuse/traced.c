// SPDX-License-Identifier: GPL-2.0-only
/* A task that another one traces: the dump says so and who it is, and the tracer goes on undisturbed.
 *
 * refuses: traced
 */
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static void sleeper(void *arg)
{
	test_ready();
	test_wait();
}

int main(int argc, char **argv)
{
	char tracer[16];
	pid_t pid;

	test_init(argc, argv);
	pid = test_child(sleeper, NULL);
	must(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	test_ready();
	test_wait();
	test_proc_line(pid, "status", "TracerPid", tracer, sizeof(tracer));
	check(atoi(tracer) == getpid(), "the tracer is %s", tracer);
	must(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
	must(waitpid(pid, NULL, 0));
	must(ptrace(PTRACE_DETACH, pid, NULL, NULL));
	test_end_child(pid);
	pass();
}
