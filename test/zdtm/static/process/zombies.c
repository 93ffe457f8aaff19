// SPDX-License-Identifier: GPL-2.0-only
/* Children that ended and were not waited for stay zombies, with the exit code or the signal they died of.
 *
 * flavours: host ns uns compat
 */
#include "test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct end {
	int code;
	int sig;
};

int main(int argc, char **argv)
{
	static const struct end ends[] = { { .code = 0 },      { .code = 33 },	   { .sig = SIGKILL },
					   { .sig = SIGUSR1 }, { .sig = SIGSEGV }, { .sig = 33 },
					   { .sig = 64 } };
	static const struct rlimit no_core = { 1, 1 };
	pid_t pid[ARRAY_SIZE(ends)];
	siginfo_t info;
	int status;

	test_init(argc, argv);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		pid[i] = must(fork());
		if (!pid[i] && ends[i].sig) {
			must(setrlimit(RLIMIT_CORE, &no_core));
			kill(getpid(), ends[i].sig);
		}
		if (!pid[i])
			_exit(ends[i].code);
		must(waitid(P_PID, pid[i], &info, WEXITED | WNOWAIT));
	}
	test_ready();
	test_wait();
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		must(waitpid(pid[i], &status, 0));
		if (ends[i].sig)
			check(WIFSIGNALED(status) && WTERMSIG(status) == ends[i].sig,
			      "zombie %zu: status %#x", i, status);
		else
			check(WIFEXITED(status) && WEXITSTATUS(status) == ends[i].code,
			      "zombie %zu: status %#x", i, status);
	}
	pass();
}
